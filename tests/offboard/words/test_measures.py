"""The measures behind rules: how old one has to be to read a text, and the alphabet of an SMS."""

import pytest

from channels.sms.segments import outside
from offboard.words.reading_age import reading_age, syllables

CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("plan", 1),
        ("ended", 2),
        ("charged", 1),
        ("people", 2),
        ("whole", 1),
        ("payment", 2),
        ("notes", 1),
        ("prices", 2),
        ("e-mail", 2),
        ("didn't", 2),
        ("don't", 1),
        ("subscription", 3),
        ("cancellation", 4),
    ],
)
def test_syllables_are_counted_as_they_are_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_text_of_short_words_and_sentences_reads_earlier() -> None:
    plain = "Your plan ends on Monday. You can get your notes until then."
    office = "Termination of your subscription becomes effective at the end of the current period."
    assert reading_age(plain) < 8
    assert reading_age(office) > 15


def test_a_known_text_gets_the_grade_that_the_formula_gives() -> None:
    """Seven words and eight syllables in one sentence: 0.39 * 7 + 11.8 * 8 / 7 - 15.59, plus 5."""
    assert reading_age("The cat sat on the old table.") == pytest.approx(5.626, abs=0.01)


def test_a_text_without_words_has_no_age() -> None:
    assert reading_age("… 14:30, €29!") == 0


def test_characters_outside_of_the_alphabet_are_named_once() -> None:
    assert outside(f"Nö{CURLY}s à la carte {DASH} it{CURLY}s for €5 {{now}}") == [CURLY, DASH]
