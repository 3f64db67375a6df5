"""docs/known-failures.md: every failure is there, in order, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from offboarding.settings import REPOSITORY

PAGE = REPOSITORY / "docs" / "known-failures.md"
TALKS = Path("tests") / "conversations" / "talks"
FAILURES = [f"F{number}" for number in range(1, 22)]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

_, *SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
NUMBERS = [section.partition(" ")[0] for section in SECTIONS]


def named(section: str) -> list[str]:
    """The tests of a section, as they are named there."""
    return [line.strip("- `") for line in section.splitlines() if line.startswith("- ")]


def exists(name: str) -> bool:
    """Whether there is a test, `path::name`, or a talk, `path: title`, of this name."""
    path, _, function = name.partition("::")
    if function:
        return function in functions(path)
    path, _, title = name.partition(": ")
    return title in titles(path)


@cache
def functions(path: str) -> set[str]:
    """The tests in a file, those of a class with its name before them."""
    found: set[str] = set()
    if (REPOSITORY / path).is_file():
        for node in ast.parse((REPOSITORY / path).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                within = [each for each in node.body if isinstance(each, FUNCTIONS)]
                found |= {f"{node.name}::{each.name}" for each in within}
            elif isinstance(node, FUNCTIONS):
                found.add(node.name)
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@cache
def titles(path: str) -> set[str]:
    """The titles of the talks in a file."""
    if Path(path).parent != TALKS or not (REPOSITORY / path).is_file():
        return set()
    return {talk["talk"] for talk in YAML(typ="safe").load(REPOSITORY / path)["talks"]}


def test_every_failure_is_there_once_and_in_order() -> None:
    assert NUMBERS == FAILURES


@pytest.mark.parametrize("section", SECTIONS, ids=NUMBERS)
def test_each_says_what_happens_elsewhere_and_here_and_which_tests_show_it(section: str) -> None:
    begins = re.findall(r"^(Elsewhere|Here|Not yet): \S", section, flags=re.MULTILINE)
    assert begins in (["Elsewhere", "Here"], ["Elsewhere", "Here", "Not yet"])
    assert named(section)
    assert len(named(section)) == len(set(named(section)))


@pytest.mark.parametrize("name", sorted({name for each in SECTIONS for name in named(each)}))
def test_every_test_that_is_named_exists(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_known_failures.py::test_that_nobody_wrote",
        "tests/test_known_failures.py::exists",
        "tests/test_nowhere.py::test_every_test_that_is_named_exists",
        "tests/sandbox/test_pages.py::test_there_is_no_server",
        "tests/conversations/talks/people.yml: Asks for a person",
        "tests/conversations/talks/offers.yml: Asks for a person twice",
        "tests/conversations/talks/nowhere.yml: Asks for a person twice",
        "tests/conversations/talks/people.yml",
        "Asks for a person twice",
    ],
)
def test_what_does_not_exist_is_noticed(name: str) -> None:
    """So that the test above can fail."""
    assert not exists(name)
