"""Mail that somebody else may read: said at every question for a yes that sends one."""

from actions.turn import Turn
from offboarding.hearing.hard_moments import HardMoment

_SAYS_IT = frozenset({"utter_mail_read_by_another", "utter_mail_before_the_yes"})


def mail_may_be_read(turn: Turn) -> bool:
    """Whether they are in danger, or said that their mail is read, at any time in this talk."""
    return bool(turn.slot("mail_not_safe")) or turn.slot("hard_moment") == HardMoment.DANGER


def warn_of_the_mail(turn: Turn) -> bool:
    """Say where a yes sends a mail, where that may not be safe; whether it was said just now."""
    customer = turn.customer
    if customer is None or not mail_may_be_read(turn):
        return False
    if any(message["response"] in _SAYS_IT for message in turn.messages):
        return False
    turn.say("utter_mail_before_the_yes", {"email": customer.email})
    return True
