"""Choices are numbered lines, and only what is surely their number picks one."""

# ruff: noqa: RUF001 (full-width digits and curly quotes are what phones write)

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from channels.sms.choices import chosen, chosen_among, numbered, reworded
from channels.sms.keywords import is_reserved

TITLES = st.lists(
    st.text("abcdefgh éü", min_size=1).filter(lambda title: title.strip()), max_size=12
)


def test_choices_are_numbered_from_one() -> None:
    assert numbered(["Cancel it", "Move to Basic"]) == ["1 = Cancel it", "2 = Move to Basic"]
    assert numbered([]) == []


@pytest.mark.parametrize("title", ["Cancel", "Yes", "stop!", "Help", "Opt out"])
def test_a_reserved_word_cannot_be_a_choice(title: str) -> None:
    with pytest.raises(ValueError, match=title):
        numbered(["No", title])


def test_a_reserved_word_that_data_makes_is_offered_by_its_number_alone() -> None:
    titles = reworded(["Start", "Pro", "Yes"])
    assert titles == ["Start (send 1)", "Pro", "Yes (send 3)"]
    assert numbered(titles)[0] == "1 = Start (send 1)"


@pytest.mark.parametrize(
    "text",
    [
        "2",
        " 2. ",
        "2)",
        "(2)",
        "[2]",
        "#2",
        "# 2",
        '"2"',
        "“2”",
        "*2*",
        "2!",
        "2,",
        "2 =",
        "2\n",
        "№ 2",
        "option 2",
        "Option2",
        "NUMBER 2",
        "nr 2",
        "Nr. 2",
        "choice 2.",
        "2 please",
        "2, please!",
        "2 pls",
        "2 thanks",
        "2 thank you.",
        "two",
        "Two.",
        "two please",
        "option two",
        "the second one",
        "second option",
        "second one please",
        "I choose 2",
        "I'll take 2",
        "I’ll go with option 2",
        "go with 2",
        "let's take 2",
        "I'd like 2 please",
        "i want number 2",
        "２",
        "（２）",
        "٢",
        "۲",
        "२",
        "2️⃣",
        "\u200e2",
    ],
)
def test_a_number_and_what_people_put_around_it_picks(text: str) -> None:
    assert chosen(text, 3) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?",
        "0",
        "4",
        "02",
        "22",
        "2 2",
        "1 2",
        "1,2",
        "1/2",
        "1.2",
        "1-2",
        "-2",
        "+2",
        "2%",
        "2€",
        "€2",
        "$2",
        "2x",
        "2nd",
        "the 2nd",
        "2?",
        "2 please?",
        "½",
        "2½",
        "2²",
        "1 or 2",
        "1 and 2",
        "both 1 and 2",
        "not 2",
        "no 2",
        "no. 2",
        "no, 2",
        "yes 2",
        "1 month",
        "2 weeks ago",
        "2 months please",
        "in 2 days",
        "at 2",
        "2 pm",
        "2am",
        "14 December",
        "2/12/2026",
        "2026-12-02",
        "123456",
        "code 2",
        "page 2",
        "2 = Cancel it",
        "2 accounts",
        "two weeks",
        "one second",
        "one sec",
        "second",
        "the second",
        "second thoughts",
        "someone",
        "none",
        "I want one",
        "I'd like two",
        "to",
        "too",
        "won",
        "2 thanks but no",
        "option",
        "number",
        "x2",
        "plan2",
        "A2",
    ],
)
def test_a_number_beside_anything_else_is_language(text: str) -> None:
    assert chosen(text, 3) is None


def test_a_number_of_two_digits_picks_only_where_there_are_as_many() -> None:
    assert chosen("12", 11) is None
    assert chosen("12", 12) == 12
    assert chosen("ten", 12) == 10
    assert chosen("1", 0) is None


@given(st.integers(1, 99), st.integers(0, 99))
def test_each_number_that_is_printed_picks_its_line(number: int, count: int) -> None:
    for text in (f"{number}", f"{number}.", f"({number})", f"#{number}", f"option {number}"):
        assert chosen(text, count) == (number if number <= count else None)


@given(TITLES)
def test_a_line_sent_back_picks_itself(titles: list[str]) -> None:
    assume(not any(is_reserved(title) for title in titles))
    for number, line in enumerate(numbered(titles), start=1):
        assert chosen_among(line, titles) == number
        assert chosen(line.partition(" ")[0], len(titles)) == number


@given(st.text(max_size=30), st.integers(0, 20))
def test_what_is_picked_is_one_of_the_choices(text: str, count: int) -> None:
    number = chosen(text, count)
    assert number is None or 1 <= number <= count


@given(st.integers(1, 9), st.text("abcdefghijklmnoqrstuvwxyz", min_size=1), st.booleans())
def test_a_number_beside_a_word_picks_nothing(number: int, word: str, after: bool) -> None:
    assume(word not in {"nr", "num", "option", "choice", "number", "answer", "button"})
    assume(word not in {"thanks", "thx"})
    for space in ("", " "):
        text = f"{number}{space}{word}" if after else f"{word}{space}{number}"
        assert chosen(text, 9) is None


@given(st.integers(1, 99), st.sampled_from([" ", ",", ".", "/", "-", ":", " or "]), st.integers(0))
def test_two_numbers_pick_nothing(first: int, between: str, second: int) -> None:
    assert chosen(f"{first}{between}{second}", 99) is None


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "Move to Basic",
        "move to basic.",
        "2 Move to Basic",
        "2 - move to Basic",
        "2) Move to basic",
        "(2) Move to Basic!",
    ],
)
def test_a_title_picks_its_choice(text: str) -> None:
    assert chosen_among(text, ["Cancel it", "Move to Basic"]) == 2


@pytest.mark.parametrize(
    "text", ["1 = Move to Basic", "3 = Cancel it", "Move", "2 months", "", "Cancel it, or move?"]
)
def test_a_number_and_a_title_that_differ_pick_nothing(text: str) -> None:
    assert chosen_among(text, ["Cancel it", "Move to Basic"]) is None


def test_a_title_that_two_choices_have_picks_neither() -> None:
    assert chosen_among("Pro", ["Pro", "Pro"]) is None
