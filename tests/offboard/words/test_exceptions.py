"""An exception switches one rule off in one place, says why, and goes when it is not needed."""

from pathlib import Path

import pytest

from offboard.words.check import Check
from tests.offboard.words.written import check_source, names

SOURCE = """\
responses:
  utter_welcome:
    - text: Hello. I'm a program.
  utter_often: [{{text: Right.}}, {{text: Fine.}}, {{text: Done.}}]
  {above_name}
  utter_something:
    {above_first}
    - text: "Hurry!"
      {inside}
      buttons: []
    {above_second}
    - text: "Done! Act now."
"""


def found(folder: Path, **comments: str) -> Check:
    places = ("above_name", "above_first", "inside", "above_second")
    source = SOURCE.format(**{place: comments.get(place, "#") for place in places})
    return check_source(folder, source)


def places(check: Check) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule.name) for finding in check.findings]


def test_without_one_every_fault_is_found_in_its_line(tmp_path: Path) -> None:
    assert places(found(tmp_path)) == [
        (8, "hurry"),
        (8, "exclamation"),
        (12, "hurry"),
        (12, "exclamation"),
    ]


def test_above_a_text_it_switches_off_one_rule_there_and_nowhere_else(tmp_path: Path) -> None:
    comment = "# words: allow exclamation: the company's name ends with one"
    check = found(tmp_path, above_first=comment)
    assert places(check) == [(8, "hurry"), (12, "hurry"), (12, "exclamation")]
    assert check.exceptions == 1


def test_above_the_name_it_switches_off_one_rule_in_every_form(tmp_path: Path) -> None:
    comment = "# words: allow exclamation: the company's name ends with one"
    assert places(found(tmp_path, above_name=comment)) == [(8, "hurry"), (12, "hurry")]


def test_several_stand_above_each_other_with_other_comments_between(tmp_path: Path) -> None:
    check = found(
        tmp_path,
        above_first="""# words: allow hurry: the text is about hurrying
    # and a second one:
    # words: allow exclamation: the company's name ends with one""",
    )
    assert {line for line, _ in places(check)} == {14}, "only the second form is at fault"


@pytest.mark.parametrize("reason", ["", ":", ": ", ": because so"])
def test_one_without_a_reason_is_an_error(tmp_path: Path, reason: str) -> None:
    check = found(tmp_path, above_first=f"# words: allow exclamation{reason}")
    assert (7, "exception") in places(check)
    assert "without a reason" in check.findings[0].seen


def test_one_that_is_not_needed_any_more_is_an_error(tmp_path: Path) -> None:
    check = found(tmp_path, above_second="# words: allow guilt: they asked for it themselves")
    assert (11, "exception") in places(check)
    assert "nothing breaks it" in next(
        finding.seen for finding in check.findings if finding.rule.name == "exception"
    )


def test_one_for_a_rule_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    check = found(tmp_path, above_first="# words: allow loudness: the company's name is so")
    assert (7, "exception") in places(check)


@pytest.mark.parametrize(
    ("place", "comment", "line"),
    [
        ("inside", "# words: allow exclamation: the company's name ends with one", 9),
        ("above_first", "# words: permit exclamation: the company's name ends with one", 7),
        ("above_first", "# words: everything is allowed here", 7),
    ],
)
def test_one_that_belongs_to_no_text_or_is_misspelt_is_an_error(
    tmp_path: Path, place: str, comment: str, line: int
) -> None:
    check = found(tmp_path, **{place: comment})
    assert (line, "exception") in places(check)
    assert (8, "exclamation") in places(check), "and it switches nothing off"


def test_nothing_is_excepted_from_the_rule_about_exceptions(tmp_path: Path) -> None:
    check = found(tmp_path, above_first="# words: allow exception: we like them very much")
    assert "exception" in names(check)


def test_what_only_looks_like_one_inside_a_text_is_text(tmp_path: Path) -> None:
    source = """\
responses:
  utter_welcome:
    - text: Hello. I'm a program.
  utter_often: [{text: Right.}, {text: Fine.}, {text: Done.}]
  utter_something:
    - text: |-
        A line, and
        # words: allow exclamation: this is a text
    - text: "Done!"
"""
    check = check_source(tmp_path, source)
    assert names(check) == {"exclamation"}
    assert check.exceptions == 0
