"""What was heard, in the light of the question just asked and the choices just shown.

The model hears each message by itself. "The second one", "nah, leave it" and "yes, and when does it
end?" mean what they mean only beside what the assistant said last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.nlu.text import clean
from bot.nlu.wording import plain_words, says_no_and_cancel

LONGEST_REPLY = 6
"""Words of a message that may be nothing but a choice."""
LONGEST_GREETING = 8
"""Words from which on a greeting is the beginning of something else."""
LONGEST_CRY = 40
"""Characters up to which a message of very few different ones may still say something: "nooooo"."""
FEW_CHARACTERS = 4
LEAST_WISH = 0.3
"""How likely a wish must be, to lead a message that otherwise only greets."""

_REPLIES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ok whatever",
            "sure why not",
            "yes why not",
            "ok why not",
            "why not",
            "i guess",
            "i guess so",
            "if you like",
            "if you must",
            "go on then",
            "ok then",
            "fair enough",
        ),
        "affirm",
    ),
    **dict.fromkeys(
        (
            "leave it",
            "no leave it",
            "leave it be",
            "no leave it be",
            "leave it at that",
            "not really",
            "no not really",
            "do not bother",
            "no do not bother",
            "rather not",
            "i would rather not",
            "forget it",
            "no forget it",
            "i am good",
            "no i am good",
            "no need",
            "none of them",
            "none of those",
            "neither",
            "neither of them",
        ),
        "deny",
    ),
}
"""Short replies that are a yes or a no to whatever was asked. A yes to something that cannot be
taken back easily is looked at once more, by itself (actions/consent.py)."""

_NOW = frozenset(
    {
        *(
            f"{before}{now}{after}"
            for before in ("", "do it ", "yes ", "ok ", "please ")
            for now in (
                "now",
                "right now",
                "immediately",
                "right away",
                "straight away",
                "at once",
                "as soon as possible",
            )
            for after in ("", " please", " then", " thanks")
        ),
    }
)
"""They are in a hurry with what was just asked, be it the end of a plan; no farewell."""
_GOES_ON_NOW: Mapping[str | None, str] = {
    **dict.fromkeys(("reason", "offer"), "cancel"),
    **dict.fromkeys(("requested_offer", "confirm", "undo", "export"), "affirm"),
}
"""What it means to be in a hurry, by the question: on with leaving, or a yes. To what cannot be
taken back easily that yes is looked at once more, by itself (actions/consent.py)."""
_NOTHING_SAID = frozenset({"hm", "hmm", "um", "umm", "uh", "uhh", "erm", "er", "well", "so", "oh"})
_NAMED_PLAN = re.compile(
    r"(?:\b(?:my|the|our) )?\0(?: (?:plan|one|subscription|account))?", re.IGNORECASE
)
_INDIFFERENT = frozenset(
    {"whatever", "idc", "i do not care", "do not care", "does not matter", "it does not matter"}
)
"""No wish for a copy of one's data; to "shall I cancel it?" it is no answer."""
_BOTH = frozenset({"both", "both of them", "both please"})
_PLACES = (
    ("1", "one", "first", "1st", "former", "top"),
    ("2", "two", "second", "2nd", "latter"),
    ("3", "three", "third", "3rd"),
    ("4", "four", "fourth", "4th"),
    ("5", "five", "fifth", "5th"),
    ("6", "six", "sixth", "6th"),
)
_FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "one",
        "please",
        "option",
        "number",
        "choice",
        "to",
        "it",
        "is",
        "my",
        "me",
        "i",
        "would",
        "like",
        "want",
        "take",
        "for",
        "of",
        "as",
        "that",
        "this",
        "plan",
        "just",
    ]
)
_POINTING = re.compile(
    r"\b(?:one|ones|both|all|every|everything|each|first|second|third|last|former|latter|other|"
    r"cheap\w*|expensive|dear\w*|smaller|smallest|bigger|biggest|larger|year\w*|annual\w*|"
    r"month\w*|free|trial|[0-9])\b"
)
_POINTING_AT_OFFER = re.compile(
    r"(?:ok |yes |i will take |i would like |take |just )*(?:the |that |a )?(?:cheaper|cheapest|"
    r"smaller|smallest|lower|other|discount|offer|call|longer)"
    r"(?: trial| one| plan| offer| price| option| first| it)?(?: then| please| instead)*"
    r"|(?:ok |yes |please )*(?:have|let) \w+ call(?: me| us)?(?: then| please| first)*"
    r"|(?:ok |yes |please )*call (?:me|us)(?: then| please| first)*"
)
_GIVES_REASON = re.compile(r"\b(?:too|because|it is|it does|i do|as|since)\b")
_BEGINS_WITH_YES = re.compile(r"^(?:yes|sure)(?: please| thanks| thank you)? ?(?:[,.!;-]|and\b)")

_WHAT_NOW = re.compile(
    r"(?:(?:ok|and|so|but|then|well|now)\W+)*what (?:(?:do|should|can|must|shall) i do|now|next)"
    r"(?: (?:now|then|next))*\W*"
)
"""A question, and no greeting; what the talk is about tells what to answer."""
_ADDRESS = re.compile(r"\S*@\S+")
"""Also one with a slip in it: at the question for it they hear that it was not understood."""
_ALMOST_AN_ADDRESS = re.compile(r"\w+(?:[.,_]\w+)+")
_ASKED_FOR_ONE = frozenset({"email", "contact_email"})
_ABOUT_AN_ADDRESS = re.compile(
    r"(?:(?:so|and|well|ok|okay|please)\W+)*(?:(?:\w+'s|it|its|it's|this|that|the|my|our|her|his|"
    r"their|mum|mom|dad|she|he|they|own|old|e-?mail|mail|address|account|log-?in|one|is|was|under|"
    r"used|uses|had|has|with|on|here|there)\W*)*",
    re.IGNORECASE,
)
"""What is said around an address by whoever only says which one it is."""

_COURSES = ("cancel", "pause", "change_plan", "keep_subscription")
"""What decides where the talk goes, the weightiest first: "keep it, on a smaller plan" is a wish
for a smaller plan."""
_BEFORE_OTHERS = frozenset({"data_export"})
"""A copy of the data comes before it is deleted."""
_OF_DATA = re.compile(
    r"\b(?:data|cop(?:y|ies)|export\w*|download\w*|backups?|notes?|files?|photos?|pictures?|"
    r"documents?|content|stuff|things|archive|information|info|history|records?|daten|datos)\b"
)
_COURSES_TO_BEGIN = frozenset({"cancel", "pause"})
_COURTESIES = frozenset({"greet", "thanks", "goodbye"})
_REASONS = frozenset(
    {
        "reason_price",
        "reason_missing_feature",
        "reason_bug_or_quality",
        "reason_not_using",
        "reason_competitor",
        "reason_support",
        "reason_too_complex",
        "reason_other",
    }
)
_EITHER = frozenset({"affirm", "deny", "skip"})
_OFFERED = frozenset({"offer", "requested_offer"})
_ANSWERS: Mapping[str, frozenset[str]] = {
    "reason": _EITHER | _REASONS,
    "offer": frozenset({"affirm", "deny"}),
    "requested_offer": frozenset({"affirm", "deny"}),
    # A no beside a question is none yet: what they ask is answered, and the question stands.
    "confirm": frozenset({"affirm"}),
    "undo": frozenset({"affirm"}),
    "export": _EITHER,
    "survey_return": _EITHER,
    "contact_email": frozenset({"deny", "skip"}),
}
"""What answers a question, whatever else the message asks: "yes, and when does it end?"."""

Choice = Mapping[str, str]
"""A button that was shown: its `title` and `payload`."""


def in_context(
    heard: Mapping[str, Any], question: str | None, choices: Sequence[Choice]
) -> dict[str, Any]:
    """The same message, with its intents as they are meant here, the leading one first."""
    if says_no_and_cancel(_with_plans_unnamed(heard)):
        heard = {**heard, **_heard_surely(["cancel", "deny"])}
    text = plain_words(clean(heard["text"]))
    words = [word for word in text.split() if any(map(str.isalnum, word))]
    if len(words) <= LONGEST_REPLY and "?" not in text:
        reply = _short_reply(words, heard["intents"], question, choices)
        if reply is not None:
            return {**heard, **reply}
    asks_what_now = heard["intents"] == ["greet"] and _WHAT_NOW.fullmatch(text) is not None
    says_nothing = _says_nothing(heard["text"], words, heard["intents"])
    if says_nothing or asks_what_now or _is_only_an_address(heard["text"], question):
        return {**heard, **_heard_surely(["nlu_fallback"])}
    if heard["intents"] == ["affirm"] and _is_one_or_nothing(question, choices):
        name, entities = _intent_of(choices[0])
        return {**heard, **_meant([name], entities)}
    intents = _without_imagined_data(heard["intents"], text)
    ranking = _ranking(heard)
    if question in _ANSWERS and _BEGINS_WITH_YES.match(text) and not {*intents} & _EITHER:
        intents.append("affirm")
        ranking["affirm"] = 1.0
    if {*intents} <= _COURTESIES and len(words) > LONGEST_GREETING:
        intents = _likeliest_wish(ranking) + intents
    ordered = sorted(intents, key=lambda intent: _rank(intent, question))
    leading = {"name": ordered[0], "confidence": ranking.get(ordered[0], 1.0)}
    return {**heard, "intent": leading, "intents": ordered}


def _says_nothing(text: str, words: Sequence[str], intents: Sequence[str]) -> bool:
    """Whether there is nothing to understand: signs alone, or one character over and over."""
    if len(text) > LONGEST_CRY and len({*text}) <= FEW_CHARACTERS:
        return True
    return not words and list(intents) == ["out_of_scope"]


def _without_imagined_data(intents: Sequence[str], text: str) -> list[str]:
    """The intents, of which "do I get all of it back?" asks for money and for no data."""
    imagined = {"refund", "data_export"} <= {*intents} and _OF_DATA.search(text) is None
    return [each for each in intents if not (imagined and each == "data_export")]


def _is_only_an_address(text: str, question: str | None) -> bool:
    """Whether nothing is said but whose address it is, which is no question whether we are a bot.

    The question that is open, or what the talk is about, tells what it is for.
    """
    said = clean(text).strip()
    if question in _ASKED_FOR_ONE and _ALMOST_AN_ADDRESS.fullmatch(said):
        return True
    around, addresses = _ADDRESS.subn(" ", said)
    return addresses > 0 and _ABOUT_AN_ADDRESS.fullmatch(around.strip(" .,:;-!")) is not None


def _with_plans_unnamed(heard: Mapping[str, Any]) -> str:
    """The text with "my plan" for each plan that it names: no model knows all of their names."""
    text = clean(heard["text"])  # as it was when the plans were found in it
    plans = [each for each in heard["entities"] if each["entity"] == "plan" and "start" in each]
    for each in sorted(plans, key=lambda plan: -int(plan["start"])):
        text = f"{text[: each['start']]}\0{text[each['end'] :]}"
    return _NAMED_PLAN.sub("my plan", text)


def _heard_surely(intents: list[str]) -> dict[str, Any]:
    return {"intent": {"name": intents[0], "confidence": 1.0}, "intents": intents}


def shown_choices(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The buttons of the last message that has any: those that can be answered now."""
    found: list[dict[str, str]] = []
    for message in messages:
        if message["buttons"]:
            found = [
                {"title": button["title"], "payload": button["payload"]}
                for button in message["buttons"]
            ]
    return found


def _short_reply(
    words: Sequence[str],
    intents: Sequence[str],
    question: str | None,
    choices: Sequence[Choice],
) -> dict[str, Any] | None:
    """What a few words mean, if they can only be an answer; else None."""
    said = " ".join(words)
    if said in _NOW:
        return _meant([_GOES_ON_NOW.get(question, "nlu_fallback")], {})
    if question == "subscription":  # which of the plans they mean, the application can tell
        more = _COURSES_TO_BEGIN & {*intents} or (
            _REASONS & {*intents} and _GIVES_REASON.search(said)
        )
        pointed = _POINTING.search(said) and not more
        return _meant(["choose_option"], {"option": said}) if pointed else None
    if question == "meaning" and len(choices) > 2 and said in _BOTH:
        both = [_intent_of(choice)[0] for choice in choices[:2]]
        return _meant(sorted(both, key=lambda intent: _rank(intent, question)), {})
    chosen = _chosen(words, choices)
    if chosen is not None:
        name, entities = _intent_of(chosen)
        return _meant([name], entities)
    reply = _reply(said, question)
    return _meant([reply], {}) if reply is not None else None


def _reply(said: str, question: str | None) -> str | None:
    if said in _NOTHING_SAID:
        return "nlu_fallback"
    if question in _OFFERED and _POINTING_AT_OFFER.fullmatch(said):
        return "affirm"
    if question == "export" and said in _INDIFFERENT:
        return "skip"
    return _REPLIES.get(said) if question is not None else None


def _is_one_or_nothing(question: str | None, choices: Sequence[Choice]) -> bool:
    """Whether what they might want was put as one thing, to be said yes or no to."""
    payloads = [choice["payload"] for choice in choices]
    return question in {"wish", "meaning"} and len(payloads) == 2 and payloads[1] == "/deny"


def _chosen(words: Sequence[str], choices: Sequence[Choice]) -> Choice | None:
    """The one of several choices that is named by its place or its title."""
    if len(choices) < 2 or not words:
        return None
    place = _place(words, len(choices))
    if place is not None:
        return choices[place]
    core = _core(words)
    titles = [_title_words(choice) for choice in choices]
    for wanted in (list(words), core):
        exact = [choice for choice, title in zip(choices, titles, strict=True) if title == wanted]
        if len(exact) == 1:
            return exact[0]
    named = [
        choice
        for choice, title in zip(choices, titles, strict=True)
        if core and {*core} <= {*_core(title)} and len(_core(title)) <= 2
    ]
    return named[0] if len(named) == 1 else None


def _place(words: Sequence[str], count: int) -> int | None:
    core = [word for word in words if word not in _FILLERS] or list(words[-1:])
    if len(core) != 1:
        return None
    if core[0] == "last":
        return count - 1
    for index, names in enumerate(_PLACES[:count]):
        if core[0] in names and (core[0] != "one" or len(words) == 1):
            return index
    return None


def _core(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _FILLERS]


def _title_words(choice: Choice) -> list[str]:
    text = plain_words(choice["title"])
    return [word for word in text.split() if any(map(str.isalnum, word))]


def _intent_of(choice: Choice) -> tuple[str, dict[str, str]]:
    """The intent and entities of a button's payload: `/choose_option{"option": "1"}`."""
    name, brace, entities = choice["payload"].lstrip("/").partition("{")
    return name, json.loads(brace + entities) if brace else {}


def _meant(intents: list[str], entities: Mapping[str, str]) -> dict[str, Any]:
    return {
        "intent": {"name": intents[0], "confidence": 1.0},
        "intents": intents,
        "entities": [{"entity": name, "value": value} for name, value in entities.items()],
    }


def _ranking(heard: Mapping[str, Any]) -> dict[str, float]:
    ranked = [heard["intent"], *heard.get("intent_ranking", ())]
    return {each["name"]: float(each["confidence"]) for each in reversed(ranked)}


def _likeliest_wish(ranking: Mapping[str, float]) -> list[str]:
    """The likeliest thing that a long message wants, which sounds like a mere greeting."""
    wishes = {name: value for name, value in ranking.items() if name not in _COURTESIES | _EITHER}
    likeliest = max(wishes, key=wishes.__getitem__, default=None)
    return [likeliest] if likeliest is not None and wishes[likeliest] >= LEAST_WISH else []


def _rank(intent: str, question: str | None) -> int:
    if intent in _COURSES:
        return _COURSES.index(intent)
    if question is not None and intent in _ANSWERS.get(question, ()):
        return len(_COURSES)
    if intent in _BEFORE_OTHERS:
        return len(_COURSES) + 1
    if intent == "thanks" or (question is None and intent in _EITHER):
        return len(_COURSES) + 3  # "thanks, bye" is a goodbye, and a yes to nothing is no answer
    return len(_COURSES) + 2
