"""Every question the assistant asks, and asking one again after something came between."""

from collections.abc import Callable, Mapping, Sequence

from actions.arranged import ask_whether_to_take_back, offer_to_take_back
from actions.awaiting import somebody_comes
from actions.base import ConversationAction
from actions.mail_not_safe import warn_of_the_mail
from actions.standing import say_nothing_changed
from actions.turn import Purpose, Question, Turn
from actions.values import case_values, is_at_once, leaving_values
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, terms_values
from offboarding.errors import TransitionError
from offboarding.handoffs import service as handoffs
from offboarding.hearing.hard_moments import HardMoment, declares_withdrawal
from offboarding.identity import service as identity
from offboarding.identity.service import CodeLockedError, TooManyCodesError
from offboarding.offers import service as offers
from offboarding.offers.terms import offer_values


def ask_wish(turn: Turn) -> None:
    """What would they like to do?"""
    if turn.customer is not None and not open_subscriptions(turn):
        return _ask_wish_after(turn)
    if left_to_a_person(turn):
        return turn.ask("wish", "utter_ask_wish_another_account")
    if turn.slot("hard_moment"):
        return ask_hard_wish(turn)
    if turn.customer is None and _is_cancelled_here(turn):
        return _ask_wish_after(turn)
    return turn.ask("wish", "utter_ask_wish")


def ask_hard_wish(turn: Turn) -> None:
    """In a hard moment: an end at once, or a person? What was cancelled here is not asked about."""
    if _is_cancelled_here(turn):
        return _ask_wish_after(turn)
    if left_to_a_person(turn):
        return turn.ask("wish", "utter_ask_wish_another_account")
    if turn.customer is not None and turn.slot("hard_moment") == HardMoment.BEREAVEMENT:
        return turn.ask("wish", "utter_ask_wish_own_account")
    comes = somebody_comes(turn)
    return turn.ask("wish", "utter_ask_wish_awaiting" if comes else "utter_ask_wish_hard_moment")


def left_to_a_person(turn: Turn) -> bool:
    """Whether a person sees to somebody else's account, so that their own is not asked about."""
    if not turn.about_another_account:
        return False
    return handoffs.open_hand_off(turn.session, turn.conversation_id) is not None


def _ask_wish_after(turn: Turn) -> None:
    """Anything else, after a cancellation? To take it back is named where it can be."""
    customer = turn.customer
    scheduled = cases.scheduled_cases(turn.session, customer) if customer is not None else None
    can_be_undone = scheduled is None or any(not is_at_once(case) for case in scheduled)
    kind = "utter_ask_wish_after" if can_be_undone else "utter_ask_wish_after_end"
    return turn.ask("wish", kind)


def _is_cancelled_here(turn: Turn) -> bool:
    return cases.is_cancelled_in_conversation(turn.session, turn.conversation_id, turn.customer)


def ask_who(turn: Turn, purpose: Purpose) -> None:
    """Who are they? Then go on with what they wanted."""
    turn.set("purpose", purpose)
    bereaved = turn.slot("hard_moment") == HardMoment.BEREAVEMENT
    others_mailbox = bereaved or bool(turn.slot("another_account"))
    if not others_mailbox and _code_is_texted(turn):
        return turn.ask("code", "utter_ask_code_by_text")
    return turn.ask("email", "utter_ask_email_of_another" if others_mailbox else "utter_ask_email")


def _code_is_texted(turn: Turn) -> bool:
    """Whether a code is on its way to the phone they write from; else the mail address is asked."""
    try:
        return identity.text_code(turn.session, turn.conversation_id)
    except (CodeLockedError, TooManyCodesError):
        return False


def ask_code_again(turn: Turn) -> None:
    """What is the code? It is named by where it went: a mail, or a text to the phone."""
    mailed = identity.code_mailed_to(turn.session, turn.conversation_id) is not None
    return turn.ask("code", "utter_ask_code_again" if mailed else "utter_ask_texted_code_again")


def ask_subscription(turn: Turn) -> None:
    """Which of several subscriptions?"""
    choices = open_subscriptions(turn)
    if len(choices) == 1:
        return ask_other_subscription(turn)
    every = "utter_label_both" if len(choices) == 2 else "utter_label_all"
    buttons = [
        *(
            (choice.plan.name, f'/choose_option{{"option": "{number}"}}')
            for number, choice in enumerate(choices, start=1)
        ),
        (turn.phrase(every), '/choose_option{"option": "all"}'),
        (turn.phrase("utter_label_none"), "/keep_subscription"),
    ]
    return turn.ask("subscription", "utter_ask_subscription", buttons=buttons)


def ask_other_subscription(turn: Turn) -> None:
    """Is it about what is left beside a plan that is cancelled?"""
    choices = open_subscriptions(turn)
    if len(choices) != 1:
        return ask_subscription(turn)
    buttons = [
        (choices[0].plan.name, '/choose_option{"option": "1"}'),
        (turn.phrase("utter_label_no"), "/deny"),
    ]
    values = {"plan": choices[0].plan.name}
    return turn.ask("subscription", "utter_ask_other_subscription", values, buttons)


def ask_meaning(turn: Turn, likeliest: Sequence[str]) -> None:
    """Which of the two likeliest things did they mean?"""
    phrases = [turn.phrase(f"utter_meaning_{intent}") for intent in likeliest[:2]]
    if len(phrases) == 2:
        values = {"first": phrases[0], "second": phrases[1]}
        buttons = [
            (f"{phrase[0].upper()}{phrase[1:]}", f"/{intent}")
            for phrase, intent in zip(phrases, likeliest, strict=False)
        ]
        buttons.append((turn.phrase("utter_label_something_else"), "/deny"))
        return turn.ask("meaning", "utter_did_you_mean", values, buttons)
    buttons = [
        (turn.phrase("utter_label_yes"), f"/{likeliest[0]}"),
        (turn.phrase("utter_label_no_something_else"), "/deny"),
    ]
    return turn.ask("meaning", "utter_did_you_mean_one", {"first": phrases[0]}, buttons)


def ask_reason(turn: Turn) -> None:
    """Why? Not a condition for anything."""
    turn.ask("reason", "utter_ask_reason")


def ask_offer(turn: Turn, *, again: bool = False) -> None:
    """Cancel, or take the offer?"""
    case, customer = turn.case, turn.customer
    offer = offers.offer_of(turn.session, case) if case else None
    if case is None or customer is None or offer is None:
        return ask_wish(turn)
    values = {
        **leaving_values(turn, case.subscription, customer),
        **offer_values(offer, customer),
    }
    kind = offer.kind.value
    if not again and "refund_because" in values and turn.slot("wished_way") != "run_out":
        turn.say("utter_money_back_when_leaving", values)
    return turn.ask(
        "offer", f"utter_offer_again_{kind}" if again else f"utter_offer_{kind}", values
    )


def ask_requested_offer(turn: Turn) -> None:
    """They asked for a pause or another plan: shall it be done?"""
    case, customer = turn.case, turn.customer
    offer = offers.offer_of(turn.session, case) if case else None
    if case is None or customer is None or offer is None:
        return ask_wish(turn)
    name = f"utter_requested_{offer.kind.value}"
    return _ask_for_yes(turn, "requested_offer", name, offer_values(offer, customer))


def ask_confirm(turn: Turn, *, again: bool = False) -> None:
    """Show what will happen, and ask for the yes."""
    case, customer = turn.case, turn.customer
    if case is None or customer is None or case.state not in {CaseState.OPEN, CaseState.SHOWN}:
        return ask_wish(turn)
    try:
        _take_wished_way(turn, case)
        terms = cases.show_terms(turn.session, case, turn.billing, turn.policies)
    except TransitionError:  # on the page, in this instant
        return ask_wish(turn)
    if again and terms.other_way is not None and _is_between_two_ways(turn, case):
        return _ask_which_way(turn, case, terms_values(terms, customer))
    if turn.slot("which_way") is not None:
        turn.set("which_way", None)
    turn.set("shown_way", "run_out" if terms.at_once_on is None else "at_once")
    values = terms_values(terms, customer)
    kind = "again" if again else terms.kind.value
    if not again:
        turn.answered.add("timeline_or_status")  # it is among what is shown
    name = f"utter_ask_confirm_{kind}{_or_the_other_way(turn, terms)}"
    return _ask_for_yes(turn, "confirm", name, values)


def _ask_for_yes(turn: Turn, question: Question, response: str, values: Mapping[str, str]) -> None:
    """Ask for a yes that sends a mail; where that is not safe, it is said together with it."""
    warned = warn_of_the_mail(turn)
    turn.ask(question, response, values)
    if warned and turn.asked_at is not None:
        turn.asked_at -= 1


def _is_between_two_ways(turn: Turn, case: Case) -> bool:
    """Whether a bare yes would fit both ways to leave: the one shown, and the one told of since."""
    return turn.told_of_other_way or turn.slot("which_way") == case.id


def _ask_which_way(turn: Turn, case: Case, values: Mapping[str, str]) -> None:
    """At once, or when what is paid runs out? Only what is then shown can be agreed to."""
    turn.set("which_way", case.id)
    both = {
        "money_back": values.get("money_back", values["refund"]),
        "runs_until": values.get("runs_until", values["ends_on"]),
    }
    return _ask_for_yes(turn, "confirm", "utter_ask_which_way", {**values, **both})


def _take_wished_way(turn: Turn, case: Case) -> None:
    """Choose the way that they spoke of with their wish, where there are two."""
    wished = turn.slot("wished_way")
    if wished is None:
        return
    turn.set("wished_way", None)
    if cases.terms_of_case(case, turn.billing, turn.policies).other_way is not None:
        cases.choose_way(turn.session, case, runs_out=wished == "run_out")


def _or_the_other_way(turn: Turn, terms: Terms) -> str:
    """How the name of a text ends that offers the other of two ways to leave, too.

    Whoever withdraws from the contract has said which it is.
    """
    known = turn.slot("hard_moment") == HardMoment.WITHDRAWAL
    withdraws = known or declares_withdrawal(turn.heard.text)
    if terms.other_way is None or (withdraws and terms.refund is not None):
        return ""
    return f"_or_{terms.other_way.name}"


def ask_undo(turn: Turn) -> None:
    """Shall the cancellation be taken back, or what was agreed in place of one?"""
    case, customer = turn.case, turn.customer
    if case is not None and customer is not None and offer_to_take_back(turn, case) is not None:
        return ask_whether_to_take_back(turn, customer, case.subscription)
    if case is None or customer is None or case.state is not CaseState.SCHEDULED:
        return ask_wish(turn)
    values = case_values(turn, case, customer)
    turn.answered.add("timeline_or_status")  # it is among what is said
    kind = "utter_ask_undo_paid" if "spared_amount" in values else "utter_ask_undo_free"
    return _ask_for_yes(turn, "undo", kind, values)


def open_subscriptions(turn: Turn) -> Sequence[Subscription]:
    """What the customer could leave, in the order it is always listed."""
    customer = turn.customer
    if customer is None:
        return []
    return [
        subscription
        for subscription in accounts.subscriptions(turn.session, customer.account_id)
        if subscription.renews
    ]


_AGAIN: dict[Question, Callable[[Turn], None]] = {
    "wish": ask_wish,
    "meaning": ask_wish,
    "email": lambda turn: turn.ask("email", "utter_ask_email_again"),
    "code": ask_code_again,
    "subscription": ask_subscription,
    "reason": lambda turn: turn.ask("reason", "utter_ask_reason_again"),
    "offer": lambda turn: ask_offer(turn, again=True),
    "requested_offer": ask_requested_offer,
    "confirm": lambda turn: ask_confirm(turn, again=True),
    "export": lambda turn: turn.ask("export", "utter_ask_export_again"),
    "survey_improve": lambda turn: turn.ask("survey_improve", "utter_ask_survey_improve"),
    "survey_return": lambda turn: turn.ask("survey_return", "utter_ask_survey_return"),
    "undo": ask_undo,
    "contact_email": lambda turn: turn.ask("contact_email", "utter_ask_contact_email"),
}


def ask_again(turn: Turn) -> None:
    """Back to where we were: ask the open question again, if there is one."""
    question = turn.slot("open_question")
    if question is not None:
        _AGAIN[question](turn)


_BARE_ANSWERS = frozenset({"deny", "skip"})
"""To nothing that was asked: after the acknowledgement they see what they can do next."""


class ResumeQuestion(ConversationAction):
    """After an answer in between: back to where we were."""

    action_name = "action_resume_question"
    follows_response = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.answered.add(turn.heard.leading)  # by the rule that brought us here
        if turn.slot("open_question") is None and turn.heard.leading in _BARE_ANSWERS:
            return ask_wish(turn)
        return ask_again(turn)


class DropWish(ConversationAction):
    """They want nothing more."""

    action_name = "action_drop_wish"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case = turn.case
        if case is not None and case.state is CaseState.SCHEDULED:
            turn.say("utter_goodbye")
        else:
            say_nothing_changed(turn)
        turn.end()


class AskWish(ConversationAction):
    """The open question again, and without one: what would they like?"""

    action_name = "action_ask_wish"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if turn.slot("open_question"):
            ask_again(turn)
        else:
            ask_wish(turn)


class SayGoodbye(ConversationAction):
    """They leave the talk; if nothing was cancelled yet, they are told."""

    action_name = "action_say_goodbye"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if turn.undecided_case is not None and not turn.slot("cancelled_in_talk"):
            turn.set("said_goodbye", "yes")
            return turn.say("utter_goodbye_unfinished")
        turn.say("utter_goodbye")
        return turn.end()


def ask_anew_after_goodbye(turn: Turn, _action: ConversationAction) -> bool:
    """Ask again whoever says yes after a goodbye: it may be to the goodbye; whether that was it."""
    if not turn.slot("said_goodbye"):
        return False
    turn.set("said_goodbye", None)
    if turn.heard.pressed or turn.heard.leading != "affirm" or turn.slot("open_question") is None:
        return False
    ask_again(turn)
    return True


class StaleButton(ConversationAction):
    """A button of an earlier question was pressed: nothing is done, the open question stands."""

    action_name = "action_stale_button"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.say("utter_stale_button")
        if turn.slot("open_question"):
            ask_again(turn)
        else:
            ask_wish(turn)
