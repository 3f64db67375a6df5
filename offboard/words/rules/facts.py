"""Facts and variants: each form gives the same facts, and what is said often has several."""

import re
from collections.abc import Iterator

from offboard.words.house import FILE, House
from offboard.words.rules.rule import Fault, Rule
from offboard.words.texts import VALUE, Form, Response

ENOUGH_VARIANTS = 3
_SAYS_MACHINE = re.compile(r"\b(?:automated|program|machine|bot)\b", re.IGNORECASE)


def _values(response: Response, house: House) -> Iterator[Fault]:
    for form in response.forms:
        for piece in (*form.pieces, *form.addresses):
            for name in sorted(piece.values - house.values.keys()):
                yield Fault(
                    piece.line,
                    f"{{{name}}}",
                    f"Correct the name; a new value is added to {FILE.name} with a realistic text.",
                    form,
                )
            if re.search(r"[{}]", VALUE.sub("", piece.text)):
                yield Fault(
                    piece.line,
                    f'a brace that is no value in "{piece.text}"',
                    "Write {name}, with a name of the account, or leave the brace out.",
                    form,
                )


def _same_facts(response: Response, house: House) -> Iterator[Fault]:
    said = (response.web or response.forms)[0].values
    for form in response.forms:
        may_miss = house.sms_may_leave_out.keys() if form.channel else frozenset[str]()
        missing, more = said - form.values - may_miss, form.values - said
        for names, what in ((missing, "does not say"), (more, "alone says")):
            if names:
                yield Fault(
                    form.line,
                    f"this form {what} {_braced(names)}",
                    f"Say the same facts in every form ({FILE.name} names what SMS may leave out).",
                    form,
                )


def _braced(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _variants(response: Response, house: House) -> Iterator[Fault]:
    texts = {form.text for form in response.web}
    because = house.often.get(response.name)
    if because and len(texts) < ENOUGH_VARIANTS:
        yield Fault(
            response.line,
            f"{len(texts)} variant{'s' * (len(texts) != 1)}; said often: {because}",
            f"Write {ENOUGH_VARIANTS} in other words, with the same facts and buttons.",
        )
    if len(texts) < len(response.web):
        yield Fault(response.line, "two variants have the same text", "Write one anew, or drop it.")


def _says_machine(response: Response, house: House) -> Iterator[Fault]:
    for form in response.forms if response.name in house.says_machine else ():
        if not _says_so(form):
            yield Fault(
                form.line, f'"{form.text}"', 'Say it: "automated assistant", "a program".', form
            )


def _says_so(form: Form) -> bool:
    return _SAYS_MACHINE.search(form.text) is not None


RULES = (
    Rule(
        name="values",
        asks="{Braces} are balanced and name a value that somebody fills.",
        why="A value that nobody fills stops the talk, or shows a brace to the customer.",
        source="docs/contracts.md, 2; actions/values.py",
        look=_values,
    ),
    Rule(
        name="same-facts",
        asks="Every variant, and the SMS form, gives the same facts: the same {values}.",
        why="Dates and money must be told alike however often, and wherever, they are told.",
        source="Habit 3; Moffatt v. Air Canada, 2024 BCCRT 149: a bot's words bind its company",
        look=_same_facts,
    ),
    Rule(
        name="variants",
        asks=f"What is said often has at least {ENOUGH_VARIANTS} variants.",
        why="The same sentence twice in one talk tells people that nobody listens.",
        source="Habit 1 (never twice in a talk); the list is offboard/words/house.yml",
        look=_variants,
    ),
    Rule(
        name="says-machine",
        asks="The greeting, and the answer to whoever asks, say that a machine speaks.",
        why="People shall know at the start, and be told the truth whenever they ask.",
        source=(
            "Habit 9; house rule R1; California Business and Professions Code 17941; "
            "EU AI Act (2024/1689), Article 50"
        ),
        look=_says_machine,
    ),
)
