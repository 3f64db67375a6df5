"""The words that Twilio takes for itself when a text consists of one alone.

As twilio.com/docs/messaging/tutorials/advanced-opt-out and Twilio's help on STOP filtering have
them. What Twilio writes back is said in our own words here.
"""

from collections.abc import Mapping
from enum import StrEnum


class Keyword(StrEnum):
    """What such a text means; the words of Twilio's parameter OptOutType."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


WORDS: Mapping[Keyword, frozenset[str]] = {
    Keyword.STOP: frozenset(
        {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
    ),
    Keyword.START: frozenset({"START", "YES", "UNSTOP"}),
    Keyword.HELP: frozenset({"HELP", "INFO"}),
}
ANSWERS: Mapping[Keyword, str] = {
    Keyword.STOP: "You have opted out and get no more texts from this number. "
    "Write START to get them again.",
    Keyword.START: "You get texts from this number again. Write HELP for help, STOP to opt out. "
    "Your network may charge for texts.",
    Keyword.HELP: "Write STOP to get no more texts from this number. "
    "Your network may charge for texts.",
}
"""What the phone gets at once."""


def keyword_in(body: str) -> Keyword | None:
    """What the text means to Twilio; None where it is more than one of its words."""
    written = body.strip().upper()
    return next((keyword for keyword, words in WORDS.items() if written in words), None)
