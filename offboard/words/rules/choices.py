"""Choices: leaving is named first, and is as easy as staying."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import product

from offboard.words.house import House
from offboard.words.rules.rule import Fault, Look, Rule
from offboard.words.texts import VALUE, Choice, Form, Response

LEAVING = frozenset({"cancel", "decline_offer"})
STAYING = frozenset({"accept_offer", "pause", "change_plan", "keep_subscription"})
NO = frozenset({"deny", "decline_offer", "cancel", "skip", "keep_subscription"})
YES = frozenset({"affirm", "accept_offer"})
MORE_WORDS_AT_MOST = 1

_CHEERFUL = re.compile(
    r"\b(?:great|love|best|smart|save|saving|free|keep enjoying|enjoy|awesome|perfect|happy|deal"
    r"|good|recommended|wise|sure|of course|gladly)\b|!",
    re.IGNORECASE,
)
_GRIM = re.compile(
    r"\b(?:lose|losing|give up|anyway|forfeit|miss|without|don't|not)\b", re.IGNORECASE
)
_LATER = re.compile(
    r"\b(?:maybe|perhaps|not now|not yet|later|another time|remind me|ask me|think about it)\b",
    re.IGNORECASE,
)
_NAMES_LEAVING = re.compile(r"\b(?:cancel|end|leave|close)\b", re.IGNORECASE)
_NAMES_STAYING = re.compile(r"\b(?:pause|move|stay|keep|try|discount|call)\b|\{offer_\w+\}")


def _leads_away(choice: Choice) -> bool:
    """Whether pressing it leads to an end; yes and no do where they say so."""
    says_so = choice.meaning in {"affirm", "deny"} and "cancel" in choice.title.text.casefold()
    return choice.meaning in LEAVING or says_so


def _keeps(choice: Choice) -> bool:
    """Whether pressing it keeps a subscription."""
    yes_or_no = choice.meaning in {"affirm", "deny"} and not _leads_away(choice)
    return choice.meaning in STAYING or yes_or_no


def _in_forms(look: Callable[[Form], Iterable[Fault]]) -> Look:
    def look_at(response: Response, _house: House) -> Iterator[Fault]:
        for form in response.forms:
            yield from look(form)

    return look_at


def _leaving_first(form: Form) -> Iterator[Fault]:
    leaving = [number for number, each in enumerate(form.choices) if each.meaning in LEAVING]
    staying = [number for number, each in enumerate(form.choices) if each.meaning in STAYING]
    if not leaving or not staying:
        return
    first, other = form.choices[leaving[0]].title, form.choices[staying[0]].title
    if staying[0] < leaving[0]:
        yield Fault(other.line, f'"{other.text}" stands before "{first.text}"', "Swap them.", form)
    named, offered = _NAMES_LEAVING.search(form.text), _NAMES_STAYING.search(form.text)
    makes_offer = any(choice.meaning == "accept_offer" for choice in form.choices)
    if makes_offer and offered and (named is None or offered.start() < named.start()):
        yield Fault(
            form.line,
            f'the text names "{offered[0]}" before leaving',
            'Begin with leaving: "I can cancel {plan} for {ends_on}."',
            form,
        )


def _equal_choices(form: Form) -> Iterator[Fault]:
    leaving = [each.title for each in form.choices if _leads_away(each)]
    staying = [each.title for each in form.choices if _keeps(each)]
    for stay, leave in product(staying, leaving):
        words = [len(VALUE.sub("", title.text).split()) for title in (stay, leave)]
        if abs(words[0] - words[1]) > MORE_WORDS_AT_MOST:
            yield Fault(
                stay.line,
                f'"{stay.text}" beside "{leave.text}"',
                f"Make them alike in length: {MORE_WORDS_AT_MOST} word more at most.",
                form,
            )
    for title in staying if leaving else ():
        if cheer := _CHEERFUL.search(title.text):
            yield Fault(
                title.line, f'"{cheer[0]}" in "{title.text}"', "Say only what it does.", form
            )
    for title in leaving if staying else ():
        if grim := _GRIM.search(title.text):
            yield Fault(
                title.line, f'"{grim[0]}" in "{title.text}"', "Say only what it does.", form
            )


def _plain_no(form: Form) -> Iterator[Fault]:
    agreeing = next((each for each in form.choices if each.meaning in YES), None)
    refusing = [each for each in form.choices if each.meaning in NO]
    clear = [each for each in refusing if not _LATER.search(each.title.text)]
    if agreeing is None or clear:
        return
    if refusing:
        title = refusing[0].title
        yield Fault(title.line, f'"{title.text}" is the only no', 'Write a plain "No, …".', form)
    else:
        title = agreeing.title
        yield Fault(
            title.line,
            f'"{title.text}" has no "no" beside it',
            "Add a button that says no, as near and as short.",
            form,
        )


def _same_choices(response: Response, _house: House) -> Iterator[Fault]:
    for forms in (response.web, response.sms):
        for form in forms[1:]:
            if _pressed(form) != _pressed(forms[0]):
                yield Fault(
                    form.line,
                    f"other buttons than the form in line {forms[0].line}",
                    "Give every variant the same buttons; `&name` and `*name` write them once.",
                    form,
                )


def _known_meaning(response: Response, house: House) -> Iterator[Fault]:
    for form in response.forms:
        for choice in form.choices:
            mend = _mend_of_meaning(choice, house.intents)
            if mend:
                seen = f'"{choice.title.text}" means {choice.payload}, which nobody understands'
                yield Fault(choice.title.line, seen, mend, form)


def _mend_of_meaning(choice: Choice, intents: frozenset[str]) -> str:
    """What to write instead of what a button means; empty when it is right."""
    if not choice.payload.startswith("/") or choice.meaning not in intents:
        near = get_close_matches(choice.meaning, sorted(intents), n=1)
        meant = f": was /{near[0]} meant?" if near else ", such as /affirm."
        return f"Write / and an intent that domain.yml lists{meant}"
    _, brace, rest = choice.payload.partition("{")
    # {{ and }} stand for one brace each, for {name} is filled in here, too.
    try:
        right = not brace or isinstance(json.loads(f"{brace}{rest}".format()), dict)
    except (ValueError, LookupError):
        right = False
    return "" if right else f'Write /{choice.meaning}{{{{"name": "value"}}}}, with two braces each.'


def _pressed(form: Form) -> list[tuple[str, str]]:
    return [(choice.title.text, choice.payload) for choice in form.choices]


RULES = (
    Rule(
        name="leaving-first",
        asks="Where an offer stands beside leaving, leaving is named first, in text and buttons.",
        why="What stands first is what one is meant to take; who came to leave shall not search.",
        source=(
            "Habit 4; house rule R3 (no offer before the way out is shown); California Business "
            "and Professions Code 17602(e)(2)"
        ),
        look=_in_forms(_leaving_first),
    ),
    Rule(
        name="equal-choices",
        asks="The buttons for leaving and for staying are alike in length and in tone.",
        why="A longer, warmer or brighter choice is taken more often, whatever people want.",
        source=(
            "Habit 4; California Code of Regulations, title 11, 7004(a)(2) (symmetry in choice); "
            "EU Regulation 2022/2065, Article 25"
        ),
        look=_in_forms(_equal_choices),
    ),
    Rule(
        name="plain-no",
        asks='Beside every yes there is a no, and it is not "maybe later".',
        why="Who can only say later is asked again; that is no choice, and a no is a no.",
        source=(
            "Habit 5; California Code of Regulations, title 11, 7004(a)(2): "
            '"ask me later" beside "yes" is no equal choice'
        ),
        look=_in_forms(_plain_no),
    ),
    Rule(
        name="same-choices",
        asks="All variants of a response have the same buttons, in the same order.",
        why="What a customer can do must not hang on how often something was said.",
        source="House rule R2 (the ways out are in every state)",
        look=_same_choices,
    ),
    Rule(
        name="known-meaning",
        asks="Every button means an intent that domain.yml lists.",
        why="A button that means nothing is a way out that does not open.",
        source="House rule R2; docs/contracts.md, 2",
        look=_known_meaning,
    ),
)
