"""The words as they are today keep every rule, and what is written about the rules is current."""

import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from offboard.words.check import check_repository
from offboard.words.house import read_house
from offboard.words.report import page, report
from offboarding.settings import REPOSITORY

DOMAIN = REPOSITORY / "domain.yml"
COMMAND = [sys.executable, "-c", "from offboard.commands import main; main()", "words"]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def test_every_text_that_customers_read_keeps_the_rules() -> None:
    found = check_repository(DOMAIN)
    assert not found.findings, "\n".join(report(found))
    assert {response.file.suffix for response in found.responses} == {
        ".yml",
        ".html",
        ".txt",
        ".ts",
    }


def test_the_page_of_rules_is_as_they_are_today() -> None:
    """Mend it with: .venv/bin/offboard words rules > docs/words.md"""
    assert (REPOSITORY / "docs" / "words.md").read_text("utf-8") == page()


def test_what_a_rule_says_at_any_moment_counts_as_said_often() -> None:
    """A rule without a condition answers each time, so its words come again and again."""
    often = read_house().often
    for path in (REPOSITORY / "data" / "rules").glob("*.yml"):
        for rule in YAML(typ="safe").load(path.read_text("utf-8"))["rules"]:
            actions = [step["action"] for step in rule["steps"] if "action" in step]
            if "condition" not in rule:
                said = {action for action in actions if action.startswith("utter_")}
                assert said <= often.keys(), rule["rule"]


def test_a_finding_is_told_with_its_place_reason_and_mend_and_fails(tmp_path: Path) -> None:
    domain = tmp_path / "domain.yml"
    source = DOMAIN.read_text("utf-8").replace("I'll keep it short.", "It comes soon.", 1)
    domain.write_text(source, "utf-8")
    line = 1 + source[: source.index("It comes soon.")].count("\n")
    ended = run("check", "--domain", domain)
    assert ended.returncode == 1
    first, why, mend, *_, last = ended.stdout.splitlines()
    assert first == f'{domain}:{line}: vague-time: utter_hard_moment_bereavement: "soon"'
    assert "Who leaves has to plan" in why
    assert "Habit 3" in why
    assert mend.strip().startswith("Mend: Give the day or the hour")
    assert last.startswith("1 finding.")


def test_a_clean_check_says_what_was_read(tmp_path: Path) -> None:
    ended = run("check")
    assert ended.returncode == 0
    assert "keep every rule" in ended.stdout
    assert "argued exception" in ended.stdout


def test_a_file_that_cannot_be_read_ends_in_one_sentence(tmp_path: Path) -> None:
    domain = tmp_path / "domain.yml"
    domain.write_text("responses:\n  utter_a: [")
    ended = run("check", "--domain", domain)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{domain}, line 2: this is not well-formed YAML")
    assert ended.stderr.count("\n") == 1


def test_a_listed_name_that_no_response_has_is_found(tmp_path: Path) -> None:
    domain = tmp_path / "domain.yml"
    source = DOMAIN.read_text("utf-8")
    domain.write_text(source.replace("  utter_greet:", "  utter_hello:"), "utf-8")
    missing = [each for each in check_repository(domain).findings if each.name == "utter_greet"]
    assert [(each.file.name, each.rule.name) for each in missing] == [
        ("house.yml", "variants"),
        ("house.yml", "says-machine"),
    ]
    assert all(each.line > 1 for each in missing)
