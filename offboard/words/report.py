"""Telling what was found, and what the rules are."""

from collections.abc import Iterator

from offboard.words.check import EXCEPTION, Check, Finding
from offboard.words.rules import SUBJECTS
from offboard.words.rules.rule import Rule
from offboarding.settings import REPOSITORY


def report(check: Check) -> Iterator[str]:
    """The findings, each with its place, its rule, why it matters and the mend; then the sum."""
    for finding in check.findings:
        yield _told(finding)
    if check.findings:
        yield (
            f"{_number(len(check.findings), 'finding')}. docs/words.md has every rule, and how to "
            "argue for an exception."
        )
    else:
        exceptions = _number(check.exceptions, "argued exception")
        yield f"The words keep every rule: {len(check.responses)} texts read, {exceptions}."


def _told(finding: Finding) -> str:
    file = finding.file
    if file.is_relative_to(REPOSITORY):
        file = file.relative_to(REPOSITORY)
    return (
        f"{file}:{finding.line}: {finding.rule.name}: {finding.name}: {finding.seen}\n"
        f"    {finding.rule.why} ({finding.rule.source})\n"
        f"    Mend: {finding.mend}\n"
    )


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


HEAD = """\
# The rules of words

`make check-words` (or `.venv/bin/offboard words check`) reads every text of `domain.yml`, of the
mails and the pages, and the widget's own strings. It names what breaks a rule: file, line, rule,
why, mend. Rules marked with * hold for all of these, the others for `domain.yml` alone. Each reason
is one that can be argued with, and so is each case.

The habits are those of [writing.md](writing.md).

## Arguing for an exception

A comment directly above a form's first line (`- text:`) switches one rule off for that form; above
the response's name, for all its forms:

```yaml
  utter_requested_pause:
    # words: allow leaving-first: they asked for the pause themselves, so the yes to it comes first
    - text: "Yes. If {plan} pauses, …"
```

The reason is needed, in three words or more. An exception that is not needed any more is a finding
itself.

This page is written by `offboard words rules`; the reasons are in `offboard/words/rules/`.
"""


def page() -> str:
    """docs/words.md: every rule with its reason."""
    parts = [HEAD]
    for subject, rules in SUBJECTS.items():
        parts.append(f"## {subject}\n")
        parts += [_rule(rule) for rule in rules]
    parts.append(f"## Exceptions\n\n{_rule(EXCEPTION)}")
    return "\n".join(parts)


def _rule(rule: Rule) -> str:
    mark = " *" if rule.everywhere else ""
    return f"### {rule.name}{mark}\n\n{rule.asks}\n\nWhy: {rule.why}<br>\nSource: {rule.source}.\n"
