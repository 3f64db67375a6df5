"""Not understood: the assistant's fault. A question with choices, then the offer of a person."""

from actions.anger import is_abuse
from actions.answering import answer
from actions.base import ConversationAction
from actions.calling_in import fetch
from actions.languages import said_in
from actions.leaving import begins_with_plan_by_name, start_leaving
from actions.naming import named
from actions.offering import accept, is_taking_the_offer
from actions.questions import ask_again, ask_meaning, ask_wish
from actions.special_questions import asks_whether_cancelled
from actions.turn import Turn
from offboarding.accounts import service as accounts
from offboarding.handoffs.causes import HandOffCause

MEANINGS = (
    "cancel",
    "pause",
    "change_plan",
    "keep_subscription",
    "data_export",
    "data_delete",
    "refund",
    "billing_question",
    "timeline_or_status",
    "human",
)
"""What "Did you mean ...?" may name; each has its phrase in domain.yml: `utter_meaning_…`."""
LEAST_LIKELY = 0.12
"""How likely something must be to be named beside another."""
LEAST_LIKELY_ALONE = 0.25
"""How likely it must be to be named alone."""


class NotUnderstood(ConversationAction):
    """What they said was not understood, or not surely enough to act on it."""

    action_name = "action_not_understood"
    comes_to_nothing = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        if begins_with_plan_by_name(turn):
            turn.set("misunderstood", None)
            return start_leaving(turn)
        if _asks_whether_plan_is_cancelled(turn):
            return _say_whether_it_is(turn)
        if is_taking_the_offer(turn):
            turn.set("misunderstood", None)
            return accept(turn)
        if second_time(turn):
            return at_a_loss(turn)
        if is_abuse(turn.heard.text):
            return _go_on_calmly(turn)
        return _ask_what_was_meant(turn)


def _ask_what_was_meant(turn: Turn) -> None:
    if turn.slot("open_question") not in {None, "wish", "meaning"}:
        turn.say("utter_not_understood_here")
        return ask_again(turn)
    likeliest = _likeliest(turn)
    if likeliest:
        return ask_meaning(turn, likeliest)
    return turn.ask("wish", "utter_not_understood")


class NotOurs(ConversationAction):
    """They ask for what the assistant can't do."""

    action_name = "action_not_ours"
    comes_to_nothing = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        if _asks_whether_plan_is_cancelled(turn):
            return _say_whether_it_is(turn)
        if second_time(turn):
            return offer_person(turn, "utter_out_of_scope_twice")
        if is_abuse(turn.heard.text):
            return _go_on_calmly(turn)
        turn.say("utter_out_of_scope")
        return ask_again(turn)


def second_time(turn: Turn) -> bool:
    """Whether two messages in a row came to nothing; then a person is offered, not sent for."""
    times = int(turn.slot("misunderstood") or 0) + 1
    turn.set("misunderstood", times % 2)
    return times == 2


def at_a_loss(turn: Turn) -> None:
    """Missed twice: a person is fetched where policy says so, else offered; the way on is asked."""
    if not fetch(turn, HandOffCause.NOT_UNDERSTOOD, first="utter_missed_twice"):
        if turn.desk is not None:
            turn.set("person_offered", HandOffCause.NOT_UNDERSTOOD.value)
        return offer_person(turn, "utter_not_understood_twice")
    if turn.slot("open_question") in {None, "wish", "meaning"}:
        return ask_wish(turn)
    return ask_again(turn)


def offer_person(turn: Turn, response: str) -> None:
    """A person and Cancel now, beside the question that is open."""
    if turn.slot("open_question") in {None, "wish", "meaning"}:
        return turn.ask("wish", response)
    turn.say(f"{response}_here")
    return ask_again(turn)


def _go_on_calmly(turn: Turn) -> None:
    """No word about the words: the next step."""
    turn.say("utter_next_step")
    if turn.slot("open_question") in {None, "wish", "meaning"}:
        return ask_wish(turn)
    return ask_again(turn)


def _asks_whether_plan_is_cancelled(turn: Turn) -> bool:
    """Whether they ask it of a plan by its name, which the model may not know."""
    if turn.customer is None or not asks_whether_cancelled(turn.heard.text):
        return False
    held = accounts.subscriptions(turn.session, turn.customer.account_id)
    return named(turn.heard.text, held) is not None


def _say_whether_it_is(turn: Turn) -> None:
    turn.set("misunderstood", None)
    answer(turn, "timeline")


def _likeliest(turn: Turn) -> list[str]:
    if turn.heard.pressed or turn.slot("open_question") == "meaning":
        return []  # "something else" than what was named
    if said_in(turn.heard.text) is not None:
        return []  # the model has learnt English
    ranked = sorted(
        (name for name in MEANINGS if turn.heard.ranking.get(name, 0) >= LEAST_LIKELY),
        key=lambda name: -turn.heard.ranking[name],
    )
    if len(ranked) == 1 and turn.heard.ranking[ranked[0]] < LEAST_LIKELY_ALONE:
        return []
    return ranked[:2]
