"""Policy files: what is shipped can be used; a mistake names its file, its line and the mend."""

from pathlib import Path

import pytest

from offboarding.errors import PolicyError
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY

SHIPPED = REPOSITORY / "policy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "offers.yml",
        "retention.yml",
        "routing.yml",
        "exports.yml",
        "systems.yml",
        "refunds.yml",
    ):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    return tmp_path


def edit(path: Path, old: str, new: str) -> int:
    """Replace the first `old` of a file; the line it was in."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def refusal(folder: Path) -> str:
    with pytest.raises(PolicyError) as refused:
        Policies(folder)
    return refused.value.sentence


def test_what_is_shipped_can_be_used() -> None:
    shipped = Policies(SHIPPED)
    assert shipped.problems() == []
    assert shipped.offers.never_in == {"DE", "US-MN"}
    assert shipped.retention.invoices["default"].years == 7


@pytest.mark.parametrize(
    ("old", "new", "mend"),
    [
        ("cooldown_days: 180", "cooldown_days: soon", "valid integer"),
        ("cooldown_days: 180", "cooldown_days: -1", "greater than or equal to 0"),
        ("cooldown_days: 180", "cooldown_days: 99999999999", "less than or equal to 3650"),
        ("never_in: [DE, US-MN]", "never_in: [Germany]", "never_in"),
        ("never_in: [DE, US-MN]", "never_in: DE", "never_in"),
        ("offers_enabled: true", "offers_enabled: perhaps", "valid boolean"),
        ("version: 2026-11-29", "version: yesterday", "version"),
        ("version: 2026-11-29", "version: 2026-13-45", "Correct it"),
        ("kind: discount", "kind: gift", "'discount'"),
        ("    percent: 25", "    percent: 150", "less than or equal to 90"),
        ("    percent: 25", "    percents: 25", "correct its name"),
        ("reasons: [too_expensive, unused]", "reasons: [too_dear]", "'too_expensive'"),
        ("cooldown_days: 180", "cooldown_days: [", "not well-formed YAML"),
        ("cooldown_days: 180", "cooldown_days: 180\noffers_enabled: true", "not well-formed YAML"),
        ("cooldown_days: 180", "cooldown_days: 180 \x00", "control character"),
        ("cooldown_days: 180", "cooldown_days: 180 # \x07", "control character"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_mend(
    folder: Path, old: str, new: str, mend: str
) -> None:
    path = folder / "offers.yml"
    line = edit(path, old, new)
    sentence = refusal(folder)
    assert str(path) in sentence
    assert mend in sentence
    named = int(sentence.partition(", line ")[2].partition(":")[0])
    # An unclosed bracket is noticed a line or more further on.
    assert line <= named <= line + 3


def test_an_unknown_field_or_a_lacking_one_is_named(folder: Path) -> None:
    edit(folder / "offers.yml", "cooldown_days: 180", "# no cooldown")
    sentence = refusal(folder)
    assert "cooldown_days: Add this field." in sentence


def test_an_offer_without_what_its_kind_needs_is_refused_at_its_own_line(folder: Path) -> None:
    path = folder / "offers.yml"
    edit(path, "    months: 2\n", "")
    line = path.read_text(encoding="utf-8").partition("pause-for-a-while")[0].count("\n") + 1
    sentence = refusal(folder)
    assert f"line {line}: offers.3" in sentence
    assert "an offer of kind pause needs months" in sentence


def test_two_offers_of_one_name_are_refused(folder: Path) -> None:
    edit(folder / "offers.yml", "name: smaller-plan", "name: longer-trial")
    assert "two offers named longer-trial" in refusal(folder)


def test_invoices_without_a_default_are_refused(folder: Path) -> None:
    edit(folder / "retention.yml", "  default: {years: 7, because: tax law says so}\n", "")
    sentence = refusal(folder)
    assert "retention.yml" in sentence
    assert "`default`" in sentence


@pytest.mark.parametrize(
    ("days", "place", "mend"),
    [
        ("{received: 6, settled: 90}", "texts_days.received", "greater than or equal to 7"),
        ("{received: 30, settled: 0}", "texts_days.settled", "greater than or equal to 7"),
        ("{received: 30, sent: 90}", "texts_days.sent", "There is no such field"),
        ("30", "texts_days", "valid dictionary"),
    ],
)
def test_days_for_texts_that_cannot_be_are_refused_at_their_line(
    folder: Path, days: str, place: str, mend: str
) -> None:
    path = folder / "retention.yml"
    line = edit(path, "texts_days: {received: 30, settled: 90}", f"texts_days: {days}")
    sentence = refusal(folder)
    assert f"{path}, line {line}: {place}" in sentence
    assert mend in sentence


def test_a_policy_from_before_there_were_texts_keeps_them_as_shipped(folder: Path) -> None:
    edit(folder / "retention.yml", "texts_days: {received: 30, settled: 90}", "")
    shipped = Policies(SHIPPED).retention.texts_days
    assert Policies(folder).retention.texts_days == shipped
    assert (shipped.received, shipped.settled) == (30, 90)


def test_invoices_of_no_country_are_refused_at_their_line(folder: Path) -> None:
    path = folder / "retention.yml"
    line = edit(path, "  GB: {years: 6", "  Britain: {years: 6")
    assert f"{path}, line {line}: invoices.Britain" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "line 1: expected `name: value` lines"),
        (b"# nothing but a remark\n", "line 1: expected `name: value` lines"),
        (b"- a\n- list\n", "line 1: expected `name: value` lines"),
        (b"just words", "line 1: expected `name: value` lines"),
        (b"reviewed_by: J\xf6rg\n", "is not UTF-8 text. Save it as UTF-8."),
        (b"\xff\xfev\x00e\x00", "is not UTF-8 text. Save it as UTF-8."),
        (b"a: &a [*a]\n", "offers.yml, line 1: "),
        (b"[" * 5000, "offers.yml, line 1: "),
        (b"a: !!python/object:os.system x\n", "offers.yml, line 1: "),
    ],
)
def test_what_is_no_policy_at_all_is_refused(folder: Path, content: bytes, sentence: str) -> None:
    (folder / "offers.yml").write_bytes(content)
    refused = refusal(folder)
    assert str(folder / "offers.yml") in refused
    assert sentence in refused


def test_a_missing_file_is_named_with_the_mend(folder: Path) -> None:
    (folder / "retention.yml").unlink()
    assert refusal(folder) == (
        f"{folder / 'retention.yml'} can't be read (No such file or directory). Put the file back."
    )


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "retention.yml").unlink()
    (folder / "retention.yml").mkdir()
    assert "Put the file back." in refusal(folder)


# --- while it runs


def test_a_change_is_in_force_at_the_next_look(folder: Path) -> None:
    policies = Policies(folder)
    edit(folder / "offers.yml", "cooldown_days: 180", "cooldown_days: 365")
    assert policies.offers.cooldown_days == 365
    assert policies.problems() == []


def test_a_mistake_leaves_the_last_good_policy_in_force_and_says_so(folder: Path) -> None:
    policies = Policies(folder)
    edit(folder / "offers.yml", "cooldown_days: 180", "cooldown_days: soon")
    assert policies.offers.cooldown_days == 180
    [problem] = policies.problems()
    assert "offers.yml" in problem
    assert "cooldown_days" in problem


@pytest.mark.parametrize("content", [b"", b"\x00", b"version: 2026-13-45\n", b"[" * 5000])
def test_no_content_of_a_file_stops_the_house(folder: Path, content: bytes) -> None:
    policies = Policies(folder)
    (folder / "retention.yml").write_bytes(content)
    assert policies.retention.content_days_after_end == 30
    assert len(policies.problems()) == 1


def test_a_deleted_file_leaves_the_last_good_policy_in_force(folder: Path) -> None:
    policies = Policies(folder)
    (folder / "retention.yml").unlink()
    assert policies.retention.content_days_after_end == 30
    assert "Put the file back" in policies.problems()[0]


def test_a_mended_file_is_taken(folder: Path) -> None:
    policies = Policies(folder)
    path = folder / "offers.yml"
    edit(path, "cooldown_days: 180", "cooldown_days: soon")
    assert policies.problems()
    edit(path, "cooldown_days: soon", "cooldown_days: 90")
    assert policies.offers.cooldown_days == 90
    assert policies.problems() == []


def test_a_mistake_in_one_file_does_not_hold_up_the_other(folder: Path) -> None:
    policies = Policies(folder)
    edit(folder / "offers.yml", "cooldown_days: 180", "cooldown_days: soon")
    edit(folder / "retention.yml", "content_days_after_end: 30", "content_days_after_end: 60")
    assert policies.retention.content_days_after_end == 60
