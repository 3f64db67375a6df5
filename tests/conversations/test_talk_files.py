"""What a mistake in a file of talks is told as, and that all that can be written is explained."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from offboarding.errors import PolicyError
from offboarding.settings import REPOSITORY
from tests.conversations.always import reads_as_yes
from tests.conversations.responses import DOMAIN, Responses
from tests.conversations.talk_files import Facts, Step, Talk, read_talks

GUIDE = REPOSITORY / "docs" / "conversation-tests.md"
FILE = """\
about: A topic
talks:
- talk: Greets
  why: courtesy
  who: maya-okafor
  steps:
  - customer: hello
    assistant: utter_greet
  afterwards: {}
"""


def mistake(folder: Path, right: str, wrong: str) -> str:
    """What is said of the file when `wrong` stands in it for `right`; the folder left out."""
    path = folder / "topic.yml"
    assert right in FILE
    path.write_text(FILE.replace(right, wrong), encoding="utf-8")
    with pytest.raises(PolicyError) as raised:
        read_talks(path)
    return raised.value.sentence.removeprefix(f"{folder}/")


def test_a_file_that_is_right_is_read(tmp_path: Path) -> None:
    path = tmp_path / "topic.yml"
    path.write_text(FILE, encoding="utf-8")
    [talk] = read_talks(path)
    assert (talk.talk, talk.line, talk.steps[0].line) == ("Greets", 3, 7)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "mend"),
    [
        ("utter_greet", "utter_gret", 8, "there is utter_greet"),
        ("  why: courtesy\n", "", 3, "Add this field"),
        ("customer: hello", "custmer: hello", 7, "correct its name"),
        ("maya-okafor", "maya", 5, "write one of aiko-tanaka"),
        ("customer: hello", "customer: 123456", 7, "in double quotes"),
        ("customer: hello", "customer: @hello", 7, "quotes"),
        ("customer: hello", "later: soon", 7, "such as: 20 minutes"),
        ("customer: hello", "customer: hello\n    presses: Skip", 7, "just one of these"),
        ("- customer: hello", "- so far: {}", 7, "just one of these"),
        ("customer: hello", 'customer: "{wording}"', 3, "need each other"),
        ("customer: hello", "types the code: green", 7, "write right, or wrong"),
        ("why: courtesy", "why: courtesy\n  now: tomorrow", 5, "such as"),
        ("afterwards: {}", "afterwards: {subscription: canceled}", 9, "cancelled at period end"),
        ("afterwards: {}", "afterwards: {mails: recept}", 9, "receipt of the undo"),
        ("afterwards: {}", "afterwards: {offers: pause}", 9, "pause accepted"),
        ("afterwards: {}", "afterwards:", 9, "name: value"),
        ("maya-okafor", "maya-okafor\n  wordings: [hello]", 3, "need each other"),
    ],
)
def test_a_mistake_names_file_line_and_mend(
    tmp_path: Path, right: str, wrong: str, line: int, mend: str
) -> None:
    sentence = mistake(tmp_path, right, wrong)
    assert sentence.startswith(f"topic.yml, line {line}:")
    assert mend in sentence


def test_which_of_several_plans_is_meant_has_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "topic.yml"
    of_two_plans = FILE.replace("maya-okafor", "sofia-lindqvist")
    path.write_text(of_two_plans.replace("{}", "{subscription: unchanged}"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"line 3: .*name the plans"):
        read_talks(path)


@pytest.mark.parametrize("part", [Talk, Step, Facts])
def test_every_key_is_in_the_guide(part: type[BaseModel]) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    keys = {field.alias or name for name, field in part.model_fields.items()} - {"line"}
    assert not [key for key in keys if f"`{key}`" not in guide]


def test_the_example_of_the_guide_can_be_copied(tmp_path: Path) -> None:
    path = tmp_path / "topic.yml"
    example = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path.write_text(example, encoding="utf-8")
    assert read_talks(path)


def test_a_talk_with_wordings_is_played_once_for_each(tmp_path: Path) -> None:
    path = tmp_path / "topic.yml"
    worded = FILE.replace("why: courtesy", "why: courtesy\n  wordings: [hello, hi]")
    path.write_text(worded.replace("customer: hello", 'customer: "{wording} there"'), "utf-8")
    [talk] = read_talks(path)
    played = {name: each.steps[0].customer for name, each in talk.in_each_wording()}
    assert played == {"Greets [hello]": ("hello there",), "Greets [hi]": ("hi there",)}


def test_a_message_is_named_by_its_words_and_its_card() -> None:
    known = Responses(DOMAIN)
    bare: dict[str, Any] = {"text": "Your data is ready.", "quick_replies": [], "card": None}
    assert known.names_of({**bare, "text": "Understood."}) == {"utter_understood"}
    assert known.names_of(bare) == frozenset(), "its card is missing"
    assert known.names_of({**bare, "text": "Nice weather."}) == frozenset()


@pytest.mark.parametrize(
    "words", ["yes", "Yes, cancel it", "ok do it", "cancel it", "👍", "ja bitte"]
)
def test_a_yes_is_seen_as_one(words: str) -> None:
    assert reads_as_yes(words)


@pytest.mark.parametrize(
    "words", ["no", "yes but wait", "cancel?", "don't", "what happens then", "/affirm"]
)
def test_anything_else_is_no_yes(words: str) -> None:
    assert not reads_as_yes(words)
