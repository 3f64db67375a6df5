"""Keywords before language: the words on which networks and providers act by themselves.

Twilio takes a text for an opt-out only if it is nothing but the word, in whatever case ("Stop
please" is none), answers it and sends nothing more to that phone (help.twilio.com, articles
223134027 and 31560110671259). The law asks more of us: its words count however they are spelled,
and so does whatever else can reasonably be meant for one (47 CFR 64.1200(a)(10)). So a full stop,
quotation marks or an exclamation mark around the word change nothing. A sentence ("please cancel")
is language, and the assistant's to understand, and so is "Cancel?", which asks something.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from channels.sms.segments import plain


class KeywordKind(StrEnum):
    """What a keyword does."""

    OPT_OUT = "opt_out"
    """Nothing more may be sent, but for one confirmation."""
    OPT_IN = "opt_in"
    """Texts are welcome again."""
    HELP = "help"
    """They ask who we are and how to stop this."""


@dataclass(frozen=True)
class Keyword:
    """A text that is nothing but a keyword. `word` is in capitals, spelled as in Twilio's list.

    `carrier_acts` is whether Twilio by itself sends nothing more and confirms that. Where there is
    more than the bare word it counts as no: should Twilio act all the same, then it refuses our
    confirmation (21610) and they have its own; the other way round they would have none.
    """

    kind: KeywordKind
    word: str
    may_mean_the_plan: bool = False
    """Whether somebody with a subscription may have meant to cancel that by it."""
    carrier_acts: bool = False


_MAY_MEAN_THE_PLAN = frozenset({"CANCEL", "END", "QUIT", "UNSUBSCRIBE", "REVOKE"})
"""Words that fit a contract as well as a stream of texts; REVOKE fits a withdrawal too."""
_ONLY_TEXTS = frozenset({"STOP", "STOPALL", "OPTOUT"})
"""STOP is what every sender tells people to write against texts; the others can mean nothing else.

Whoever writes one of them amid a cancellation does not lose it: that they cannot be texted any more
is reason enough to go on by mail, without asking what they meant.
"""
_KINDS = {
    **dict.fromkeys(_ONLY_TEXTS | _MAY_MEAN_THE_PLAN, KeywordKind.OPT_OUT),
    **dict.fromkeys(("START", "YES", "UNSTOP"), KeywordKind.OPT_IN),
    **dict.fromkeys(("HELP", "INFO"), KeywordKind.HELP),
}
_SPELLED_APART = {"STOP ALL": "STOPALL", "OPT OUT": "OPTOUT"}
_TOLD_BY_TWILIO = {
    "STOP": KeywordKind.OPT_OUT,
    "START": KeywordKind.OPT_IN,
    "HELP": KeywordKind.HELP,
}
_LONGEST_WORD = 20

RESERVED = frozenset(_KINDS)
"""The words never printed as an answer to choose: what is chosen by writing them may not arrive."""


def keyword_of(body: str, opt_out_type: str | None = None) -> Keyword | None:
    """The keyword that a text is, or None where it is language.

    `opt_out_type` is Twilio's OptOutType, there when its Advanced Opt-Out is on: what Twilio has
    already done, so that it decides. The operator may have given it words of their own, in any
    language; of these nobody here knows whether they fit a plan, so they may mean one.

    YES, START and UNSTOP are keywords only from somebody who has opted out. From everybody else YES
    answers what was asked, and whoever calls this has to let it pass as such. They count only as
    the bare word, since Twilio sends again for nothing else.
    """
    word = _word(body)
    told = _TOLD_BY_TWILIO.get((opt_out_type or "").strip().upper())
    if told is not None:
        return _as_told(told, word, body)
    kind = _KINDS.get(word)
    asks = "?" in plain(body) and word not in _ONLY_TEXTS
    more_than_the_word = body.strip().upper() != word
    if kind is None or asks or (kind is KeywordKind.OPT_IN and more_than_the_word):
        return None
    return Keyword(
        kind,
        word,
        may_mean_the_plan=word in _MAY_MEAN_THE_PLAN,
        carrier_acts=kind is KeywordKind.OPT_OUT and body.upper() == word,
    )


def is_reserved(title: str) -> bool:
    """Whether an answer to choose is a reserved word alone, whatever signs stand around it."""
    return _word(title) in RESERVED


def _as_told(kind: KeywordKind, word: str, body: str) -> Keyword:
    known = _KINDS.get(word) is kind
    opts_out = kind is KeywordKind.OPT_OUT
    return Keyword(
        kind,
        word if known else body.strip().upper()[:_LONGEST_WORD],
        may_mean_the_plan=opts_out and (not known or word in _MAY_MEAN_THE_PLAN),
        carrier_acts=opts_out,
    )


def _word(text: str) -> str:
    """The letters of a text in capitals; one word where it is a keyword, spelled apart or not.

    Whoever writes STOP several times means it; CANCEL several times is in nobody's list, so that
    the assistant may understand it.
    """
    words = "".join(_letter_or_space(each) for each in plain(text)).upper().split()
    if words and words[0] in _ONLY_TEXTS and len(set(words)) == 1:
        return words[0]
    spelled = " ".join(words)
    return _SPELLED_APART.get(spelled, spelled)


def _letter_or_space(character: str) -> str:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return ""
    return character if character.isalnum() else " "
