"""A copy of the customer's data."""

import re

from actions.base import ConversationAction
from actions.questions import ask_again, ask_who
from actions.surveying import begin_survey
from actions.turn import Turn
from offboarding.accounts.model import Customer
from offboarding.exports import service as exports
from offboarding.exports.holdings import beyond_text, parts_text
from offboarding.hearing.spelling import plain_text
from offboarding.wording import until_text

SURVEY = frozenset({"survey_improve", "survey_return"})
"""The questions after a cancellation, each of which takes any words for its answer."""
_ASKS_FOR_IT = re.compile(
    r"\W*(?:(?:and|but|so|well|now|then|hey|wait|ok|okay|yes|sure|first|also|oh|hi|please|pls)\W+)*"
    r"(?:(?:how )?(?:can|could|do|may) (?:you|i|we)\b|(?:send|give|e-?mail|get) (?:me|us)\b"
    r"|(?:i|we)(?: want|[ ']\w* like| need)\b[^.]{0,20}\b(?:my|our)\b|(?:export|download) m[ey]\b)",
    re.IGNORECASE,
)
"""They ask for something now; "exports should have been easier" tells what was wrong."""

_NO_COPY = re.compile(
    r"\bno (?:copy|data|export|need)\b|\bwithout (?:a |the )?copy\b"
    r"|\b(?:don'?t|do not|won'?t) (?:need|want)\b[^.!?]{0,20}\b(?:copy|data|export|it|one|that)\b",
    re.IGNORECASE,
)
_WHERE_CONTENT_IS = re.compile(
    r"\b(?:how (?:do|can|could|would|to)|where)\b(?!'?s? (?:stored|kept))[^.!?;]{0,25}"
    r"\b(?:my|our) (?:own )?(?:notes?|notebooks?|content|documents?|photos?|stuff|work)\b"
    r"(?! (?:be )?(?:stored|kept|held|go|end up)\b)(?![^.!?;]*\b(?:in|within) the app\b)",
    re.IGNORECASE,
)
"""Their data is another thing: of that a copy is made."""
_DOES_ELSE = re.compile(
    r"\b(?:delet|eras|remov|wip|get rid|lose|losing|shar|sync|import|restor)\w*|\bback\W*$",
    re.IGNORECASE,
)
_TAKEN_FOR_A_COPY = frozenset(
    {"data_export", "timeline_or_status", "out_of_scope", "nlu_fallback", "billing_question"}
)


def say_where_content_is(turn: Turn, action: ConversationAction) -> bool:
    """Say where what they made is downloaded, to who asks, and start no copy; whether they ask."""
    heard = turn.heard
    if heard.pressed or action.takes_all_words or heard.leading not in _TAKEN_FOR_A_COPY:
        return False
    said = plain_text(heard.text)
    if _WHERE_CONTENT_IS.search(said) is None or _DOES_ELSE.search(said) is not None:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"data_export", "timeline_or_status"}
    place = turn.settings.content_place
    if place is None:
        turn.say("utter_content_by_person")
    else:
        turn.say("utter_content_is_at", {"content_place": str(place)})
    ask_again(turn)
    return True


class StartExport(ConversationAction):
    """They want their data: it is started at once, and the link comes here."""

    action_name = "action_start_export"

    def act(self, turn: Turn) -> None:
        """See the class."""
        start_export(turn)


def start_export(turn: Turn) -> None:
    """Start the export and go on where the talk was."""
    customer = turn.customer
    if customer is None and turn.slot("open_question") in {"email", "code"}:
        turn.say("utter_answer_follows")  # it is kept with what else was asked
        return ask_again(turn)
    if customer is None:
        turn.answered.add("data_export")
        if turn.slot("open_question") in SURVEY:
            turn.set("question_before_lapse", turn.slot("open_question"))
        return ask_who(turn, "export")
    begin_export(turn, customer)
    if turn.slot("open_question") == "export":
        return begin_survey(turn)
    if turn.slot("question_before_lapse") in SURVEY and turn.slot("open_question") is None:
        turn.set("open_question", turn.slot("question_before_lapse"))
        turn.set("question_before_lapse", None)
    return ask_again(turn)


def ask_for_data_in_survey(turn: Turn, action: ConversationAction) -> bool:
    """Take a plain wish for their data for what it is, though the survey takes any words."""
    heard, asked = turn.heard, turn.slot("open_question") in SURVEY
    if not asked or isinstance(action, StartExport):
        return False
    if heard.leading != "data_export" or not heard.sure or not _ASKS_FOR_IT.match(heard.text):
        return False
    start_export(turn)
    return True


def decline_copy_in_words(turn: Turn, _action: ConversationAction) -> bool:
    """Take "no copy needed" for the no it is; whether that was the answer."""
    heard = turn.heard
    if heard.pressed or turn.slot("open_question") != "export" or "?" in heard.text:
        return False
    if heard.leading in {"data_delete", "human"} or not _NO_COPY.search(plain_text(heard.text)):
        return False
    turn.answered.add("data_export")
    turn.set("misunderstood", None)
    skip_export(turn)
    return True


def begin_export(turn: Turn, customer: Customer, *, beside: bool = False) -> None:
    """Start the export and say so, or how far the one is that they have had begun.

    `beside` something else that the customer wants.
    """
    turn.answered.add("data_export")
    turn.set("export_started", "yes")
    known = exports.newest(turn.session, customer)
    failed = known is not None and exports.given_up(turn.session, known)
    if exports.request(turn.session, customer, turn.conversation_id) is known and not failed:
        return say_how_far_the_copy_is(turn, customer)
    name = "utter_export_started_as_asked" if beside else "utter_export_started"
    values = {
        "email": customer.email,
        "part_names": parts_text(turn.policies.exports),
        "beyond": beyond_text(turn.settings),
    }
    return turn.say(name, values)


def say_how_far_the_copy_is(turn: Turn, customer: Customer) -> None:
    """Tell who asks whether the copy is ready, and start none."""
    export = exports.newest(turn.session, customer)
    if export is None:
        return turn.say("utter_copy_none")
    values = {"email": customer.email}
    if exports.given_up(turn.session, export):
        return turn.say("utter_copy_given_up")
    if export.expires_at is None:
        return turn.say("utter_copy_coming", values)
    return turn.say(
        "utter_copy_ready", {**values, "expires_on": until_text(export.expires_at, customer)}
    )


class SkipExport(ConversationAction):
    """They need no copy."""

    action_name = "action_skip_export"

    def act(self, turn: Turn) -> None:
        """See the class."""
        skip_export(turn)


def skip_export(turn: Turn) -> None:
    """Take their no to a copy and go on."""
    turn.say("utter_understood")
    begin_survey(turn)
