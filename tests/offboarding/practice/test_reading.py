"""What a team lead writes: shipped scenarios can be used; a mistake names file, line and mend."""

from pathlib import Path

import pytest

from offboarding.errors import PolicyError
from offboarding.practice.reading import Scenarios, ScenarioUnknownError, load_scenarios


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first `old` of a file; the line it was in."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_what_is_shipped_can_be_used(scenarios: Scenarios) -> None:
    assert scenarios.problems == ()
    assert len(scenarios.by_id) >= 8


def test_the_agent_sees_who_it_is_and_the_rows_of_the_account(scenarios: Scenarios) -> None:
    sheet = dict(scenarios.get("price").sheet)
    assert sheet["Customer"] == "Marta Lindholm, SE"
    assert sheet["Paid until"] == "14 December 2026"
    assert sheet["Today"] == "23 November 2026"


@pytest.mark.parametrize(
    ("old", "new", "mend"),
    [
        ("facts: [last_day]", "facts: [last_dya]", "`account` has no row `last_dya`"),
        ("next_steps: [last_day, files]", "next_steps: [day]", "`account` has no row `day`"),
        ("may: [cancel]", "may: [cancle]", "no deed `cancle`"),
        ("wants: done", "wants: finished", "'ask_yes'"),
        ("wants: answer\n    facts: [last_day]", "wants: answer", "`facts` names rows"),
        ("patience: 9", "patience: 99", "less than or equal to 10"),
        ("  country: SE", "  country: Sweden", "country"),
        ("date: 2026-12-14", "date: 2026-14-12", "Correct it"),
        ("amount: 29.00", "amount: 29.00, date: 2026-12-14", "exactly one of"),
        ("shopping, two lists", '"/", two lists', "at least one word"),
        ("shopping, two lists", "price/, two lists", "nothing on one side"),
        ("shopping, two lists", "... price, two lists", "stands between two words"),
        ("reactions:", "reaction:", "correct its name"),
        ("  offer_again:", "  offer_agian:", "'offer_again'"),
        ("title:", "title: [", "not well-formed YAML"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_mend(
    folder: Path, old: str, new: str, mend: str
) -> None:
    path = folder / "scenarios" / "price.yml"
    path.write_text(path.read_text(encoding="utf-8") + "patience: 9\n", encoding="utf-8")
    line = spoil(path, old, new)
    read = load_scenarios(folder)
    (problem,) = read.problems
    assert str(path) in problem
    assert mend in problem
    named = int(problem.partition(", line ")[2].partition(":")[0])
    # A beat is named by its first line; an unclosed bracket is noticed further on.
    assert line - 1 <= named <= line + 3
    with pytest.raises(ScenarioUnknownError):
        read.get("price")


def test_a_mistake_in_one_scenario_leaves_the_others_in_play(folder: Path) -> None:
    path = folder / "scenarios" / "price.yml"
    (folder / "scenarios" / "broken.yml").write_text("title: Half a scenario\n", encoding="utf-8")
    (folder / "scenarios" / "odd.yml").write_bytes(b"title: J\xf6rg\n")
    read = load_scenarios(folder)
    assert list(read.by_id) == [path.stem]
    assert [problem.partition(", ")[0].partition(" is ")[0] for problem in read.problems] == [
        str(folder / "scenarios" / "broken.yml"),
        str(folder / "scenarios" / "odd.yml"),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "mend"),
    [
        ("review.yml", "  farewell: Closed", "  farwell: Closed", "'farewell'"),
        ("review.yml", "  yes: Asked for the yes before doing it\n", "", "`yes` entry"),
        ("review.yml", "words_at_most: 90", "words_at_most: few", "valid integer"),
        ("review.yml", "  - name: pause\n", "  - name: cancel\n", "two deeds named cancel"),
        ("reactions.yml", "  too_early:\n", "  too_soon:\n", "'too_early'"),
    ],
)
def test_a_mistake_in_what_all_share_is_refused(
    folder: Path, name: str, old: str, new: str, mend: str
) -> None:
    spoil(folder / name, old, new)
    with pytest.raises(PolicyError) as refused:
        load_scenarios(folder)
    assert str(folder / name) in refused.value.sentence
    assert mend in refused.value.sentence


def test_a_folder_without_scenarios_says_so(folder: Path) -> None:
    (folder / "scenarios" / "price.yml").unlink()
    (problem,) = load_scenarios(folder).problems
    assert "has no scenario" in problem


def test_an_unknown_scenario_names_those_that_are_there(scenarios: Scenarios) -> None:
    with pytest.raises(ScenarioUnknownError) as unknown:
        scenarios.get("prise")
    assert "bereavement" in unknown.value.sentence


def test_one_line_needs_no_list_around_it(folder: Path) -> None:
    spoil(
        folder / "scenarios" / "price.yml", "says: Great, that was quick. Thanks.", "says: Great."
    )
    read = load_scenarios(folder)
    assert read.problems == ()
    assert read.get("price").beats[-1].says == ("Great.",)


def test_a_file_name_that_cannot_name_a_scenario_is_told(folder: Path) -> None:
    price = folder / "scenarios" / "price.yml"
    price.rename(price.with_name("Price & more.yml"))
    (problem,) = load_scenarios(folder).problems
    assert "Price & more.yml" in problem
    assert "small letters" in problem
