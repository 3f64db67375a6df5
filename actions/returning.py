"""Coming back after a long silence, when we no longer know for sure who speaks."""

from actions.base import ConversationAction
from actions.questions import ask_who
from actions.turn import Turn
from offboarding.identity.model import VerifiedIdentity

_ABOUT_AN_ACCOUNT = frozenset(
    {"subscription", "reason", "offer", "requested_offer", "confirm", "export", "undo"}
)
"""Questions whose answer counts only from somebody we are sure of."""
_WISHES = frozenset(
    {
        "cancel",
        "keep_subscription",
        "pause",
        "change_plan",
        "human",
        "refund",
        "billing_question",
        "timeline_or_status",
        "data_export",
        "data_delete",
        "goodbye",
    }
)


def welcome_back(turn: Turn, action: ConversationAction) -> bool:
    """Tell a customer whose identity has lapsed where things stand, and ask who they are.

    An answer to the question of then does not count; a wish of their own is taken up.
    """
    question = turn.slot("open_question")
    if question not in _ABOUT_AN_ACCOUNT or turn.customer is not None:
        return False
    if turn.session.get(VerifiedIdentity, turn.conversation_id) is None:
        return False
    turn.say("utter_welcome_back")
    turn.nothing_open()
    turn.set("question_before_lapse", question)
    if turn.heard.leading in _WISHES and turn.heard.sure and not action.comes_to_nothing:
        return False
    ask_who(turn, "resume")
    return True
