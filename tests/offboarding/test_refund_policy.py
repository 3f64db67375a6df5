"""policy/refunds.yml: what is shipped holds; a mistake is named with file, line and mend."""

from pathlib import Path

import pytest

from offboarding.errors import PolicyError
from offboarding.policies.reading import read_policy
from offboarding.policies.refunds import BY_LAW, RefundPolicy
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY

SHIPPED = REPOSITORY / "policy" / "refunds.yml"
EXAMPLE = """goodwill:
  - name: yearly-soon-after-renewal
    because: you leave within 30 days of the payment
    intervals: [year]
    within_days_of_payment: 30
    pays_back: unused_months
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copied = tmp_path / "refunds.yml"
    text = SHIPPED.read_text("utf-8").replace("goodwill: []\n", EXAMPLE)
    copied.write_text(text, "utf-8")
    return copied


def edit(path: Path, old: str, new: str) -> int:
    """Replace the last `old` of a file; the line it was in."""
    text = path.read_text(encoding="utf-8")
    before, found, after = text.rpartition(old)
    assert found
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def test_as_shipped_everything_comes_back_by_law_and_nothing_beyond_it() -> None:
    shipped = read_policy(SHIPPED, RefundPolicy)
    assert shipped.withdrawal.countries >= BY_LAW
    assert (shipped.withdrawal.days, shipped.withdrawal.pays_back) == (14, "everything")
    assert shipped.goodwill == ()


def test_the_rule_to_copy_can_be_copied(file: Path) -> None:
    commented = "".join(f"#   {line[2:]}\n" for line in EXAMPLE.splitlines()[1:])
    assert commented in SHIPPED.read_text("utf-8")
    [rule] = read_policy(file, RefundPolicy).goodwill
    assert (rule.plans, rule.countries, rule.reasons) == ("all", "all", "any")


@pytest.mark.parametrize(
    ("old", "new", "place", "mend"),
    [
        ("days: 14", "days: 13", "withdrawal.days", "greater than or equal to 14"),
        ("IS, LI, NO, GB", "IS, LI", "withdrawal.countries", "add GB, NO: consumers there may"),
        ("pays_back: everything", "pays_back: half", "withdrawal.pays_back", "'proportionally'"),
        ("EUR: 50000", "euro: 50000", "ask_a_person_above", "pattern"),
        ("EUR: 50000", "EUR: -1", "ask_a_person_above.EUR", "greater than or equal to 0"),
        ("name: yearly-soon", "name: Yearly soon", "goodwill.0.name", "pattern"),
        ("name: yearly-soon-after-renewal", "name: withdrawal", "goodwill.0.name", "two rules"),
        ("the payment\n", "the payment.\n", "goodwill.0.because", "leave out the full stop"),
        ("[year]", "[month]", "goodwill.0.intervals", "add year, or pay back last_payment"),
        ("[year]", "[week]", "goodwill.0.intervals", "'month' or 'year'"),
        (
            "    within_days_of_payment: 30\n",
            "",
            "goodwill.0.within_days_of_payment",
            "Add this field",
        ),
        ("payment: 30", "payment: 999", "goodwill.0.within_days_of_payment", "equal to 366"),
        ("pays_back: unused_months", "percent: 50", "goodwill.0.pays_back", "Add this field"),
        ("    pays_back", "    amount: 3\n    pays_back", "goodwill.0.amount", "no such field"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_mend(
    file: Path, old: str, new: str, place: str, mend: str
) -> None:
    line = edit(file, old, new)
    with pytest.raises(PolicyError) as refused:
        read_policy(file, RefundPolicy)
    sentence = refused.value.sentence
    assert place in sentence
    assert mend in sentence
    named = int(sentence.partition(f"{file}, line ")[2].partition(":")[0])
    assert line - 7 <= named <= line  # at the field, whose list is long, or at what it belongs to


def test_a_mistake_while_running_keeps_the_last_good_policy_in_force(tmp_path: Path) -> None:
    for each in (REPOSITORY / "policy").glob("*.yml"):
        (tmp_path / each.name).write_bytes(each.read_bytes())
    policies = Policies(tmp_path)
    line = edit(tmp_path / "refunds.yml", "days: 14", "days: none at all")
    assert policies.refunds.withdrawal.days == 14
    [problem] = policies.problems()
    assert f"refunds.yml, line {line}: withdrawal.days" in problem
    edit(tmp_path / "refunds.yml", "days: none at all", "days: 30")
    assert policies.refunds.withdrawal.days == 30
    assert policies.problems() == []


def test_a_folder_without_the_file_is_refused_by_its_name(tmp_path: Path) -> None:
    for each in (REPOSITORY / "policy").glob("*.yml"):
        (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "refunds.yml").unlink()
    with pytest.raises(PolicyError, match=r"refunds\.yml can't be read"):
        Policies(tmp_path)
