"""The rules of words: each one's name, what it asks, why, and how it looks.

A new rule is one entry in the tuple of its subject's module, and a text in
tests/offboard/words/test_rules.py that breaks it and one that comes close.
"""

from offboard.words.rules import choices, facts, plain, sms, tone
from offboard.words.rules.rule import Rule

SUBJECTS: dict[str, tuple[Rule, ...]] = {
    "Tone": tone.RULES,
    "Plain words": plain.RULES,
    "Choices": choices.RULES,
    "Facts and variants": facts.RULES,
    "SMS": sms.RULES,
}
"""In the order of docs/words.md."""

RULES: tuple[Rule, ...] = tuple(rule for rules in SUBJECTS.values() for rule in rules)
