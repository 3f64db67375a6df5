"""Holding texts against the rules, and exceptions against what they allow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from offboard.words import house as houses
from offboard.words.domain import DomainFile
from offboard.words.house import House
from offboard.words.rules import RULES
from offboard.words.rules.rule import Fault, Rule
from offboard.words.templates import templates, widget_strings
from offboard.words.texts import Allowance, Response
from offboarding.settings import REPOSITORY

MAILS = Path("channels/mail/templates")
PAGES = Path("channels/pages/templates")
WIDGET = Path("channels/web/widget/source/strings.ts")

REASON_WORDS = 3
"""What a reason has at least; fewer can't be argued with."""


@dataclass(frozen=True)
class Finding:
    """A text that breaks a rule, or an exception that does not hold."""

    file: Path
    line: int
    name: str
    rule: Rule
    seen: str
    mend: str


EXCEPTION = Rule(
    name="exception",
    asks="An exception says why, and is still needed.",
    why="Without a reason nobody can argue with it; one that is not needed hides the next mistake.",
    source="docs/words.md",
    look=lambda _response, _house: (),
)
"""The rule about exceptions themselves; nothing is excepted from it."""


@dataclass(frozen=True)
class Check:
    """What came out: what was read, what was found, and how many exceptions hold."""

    responses: Sequence[Response]
    findings: Sequence[Finding]
    exceptions: int


def check_repository(domain: Path) -> Check:
    """Everything that customers read: a domain.yml, the mails, the pages, the widget."""
    house = houses.read_house()
    others = [
        *templates(REPOSITORY / MAILS),
        *templates(REPOSITORY / PAGES),
        *widget_strings(REPOSITORY / WIDGET),
    ]
    return check(DomainFile(domain), others, house)


def check(domain: DomainFile, others: Iterable[Response], house: House) -> Check:
    """Hold a domain.yml and what is said elsewhere against every rule."""
    house = house.model_copy(update={"intents": domain.intents})
    responses = [*domain.responses, *others]
    findings = list(dict.fromkeys(_findings(domain, responses, house)))
    findings.sort(key=lambda each: (each.file, each.line))
    return Check(
        responses,
        findings,
        exceptions=sum(1 for response in responses for _ in _allowances(response)),
    )


def _findings(domain: DomainFile, responses: Sequence[Response], house: House) -> Iterator[Finding]:
    for response in responses:
        yield from _in_response(response, house)
    for line in domain.stray_comments:
        yield _exception(
            domain.path,
            line,
            "a comment for the linter that it can't use",
            'Write "# words: allow RULE: REASON" directly above a "- text:" or a response\'s name.',
        )
    yield from _unknown_names(domain, house)


def _in_response(response: Response, house: House) -> Iterator[Finding]:
    used: set[Allowance] = set()
    for rule in RULES:
        if not rule.holds_for(response):
            continue
        for fault in rule.look(response, house):
            allowed = _allowed(response, rule, fault)
            used.update(allowed)
            if not allowed:
                yield Finding(
                    response.file, fault.line, response.name, rule, fault.seen, fault.mend
                )
    for allowance in _allowances(response):
        yield from _about_exception(response, allowance, needed=allowance in used)


def _allowed(response: Response, rule: Rule, fault: Fault) -> list[Allowance]:
    above = fault.form.allowances if fault.form else ()
    return [each for each in (*above, *response.allowances) if each.rule == rule.name]


def _allowances(response: Response) -> Iterator[Allowance]:
    yield from response.allowances
    for form in response.forms:
        yield from form.allowances


def _about_exception(
    response: Response, allowance: Allowance, *, needed: bool
) -> Iterator[Finding]:
    if allowance.rule not in {rule.name for rule in RULES}:
        seen, mend = f'there is no rule "{allowance.rule}"', "`offboard words rules` lists them."
    elif len(allowance.reason.split()) < REASON_WORDS:
        seen, mend = f'"{allowance.rule}" is allowed without a reason', "Say why, or write it anew."
    elif not needed:
        seen, mend = f'"{allowance.rule}" is allowed, and nothing breaks it', "Remove the comment."
    else:
        return
    yield _exception(response.file, allowance.line, seen, mend, response.name)


def _exception(file: Path, line: int, seen: str, mend: str, name: str = "responses") -> Finding:
    return Finding(file, line, name, EXCEPTION, seen, mend)


def _unknown_names(domain: DomainFile, house: House) -> Iterator[Finding]:
    """Names of house.yml that no response has: a renamed one would go unchecked."""
    rules = {rule.name: rule for rule in RULES}
    known = {response.name for response in domain.responses}
    listed = {"variants": house.often, "says-machine": house.says_machine}
    for rule, names in listed.items():
        for name in names:
            if name not in known:
                yield Finding(
                    houses.FILE,
                    _line_of(name),
                    name,
                    rules[rule],
                    f"{domain.path.name} has no response of this name",
                    "Correct the name, or take it off the list.",
                )


def _line_of(name: str) -> int:
    lines = houses.FILE.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if name in line), 1)
