"""Somebody writes in another language: told kindly in it, with the ways that need no English.

The assistant's talk is English. A wish to leave that is understood all the same goes on.
"""

from actions.base import ConversationAction
from actions.doubt import NotUnderstood
from actions.languages import LANGUAGES, said_in, wants_to_leave
from actions.leaving import start_leaving
from actions.questions import ask_again
from actions.turn import Turn

_FREE = frozenset({None, "wish", "meaning"})
_ANSWERED_IN_FREE_WORDS = frozenset({"email", "code", "contact_email", "reason", "survey_improve"})


def say_their_language(turn: Turn, action: ConversationAction) -> bool:
    """Say once, in their language, how we can go on; whether that was all there is to say."""
    name = None if turn.heard.pressed else said_in(turn.heard.text)
    if name is None or action.takes_all_words:
        return False
    said_now = turn.slot("language_said") != name
    if said_now:
        turn.say(f"utter_language_{name}")
        turn.set("language_said", name)
    question = turn.slot("open_question")
    understood = LANGUAGES[name].taught and turn.heard.sure and not action.comes_to_nothing
    if understood or question in _ANSWERED_IN_FREE_WORDS:
        return False
    if question in _FREE and wants_to_leave(turn.heard.text, name):
        turn.set("misunderstood", None)
        start_leaving(turn)
    elif said_now:
        turn.set("misunderstood", 1)
        if question not in _FREE:
            ask_again(turn)
    else:
        turn.set("misunderstood", 1)  # the first time was when we said that we can't
        NotUnderstood().act(turn)
    return True
