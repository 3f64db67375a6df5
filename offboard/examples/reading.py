"""Reads training examples, and the texts they are held against, each with file and line."""

import ast
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from offboarding.errors import OffboardingError
from offboarding.settings import REPOSITORY

SEPARATOR = "+"
_MARK = "- "
_MEND = "Correct it and run this again."
_OTHER_KINDS = ("synonym", "regex", "lookup")
_NO_BLOCK = (
    "the line belongs to no intent, so nothing from here on is learnt. Indent an example by four "
    "spaces, below its `examples: |`."
)


class ExamplesError(OffboardingError):
    """A file that the check has to read can't be read; the sentence names file, line and mend."""

    word = "examples_unreadable"


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: Path
    line: int

    def __str__(self) -> str:
        inside = self.file.is_relative_to(REPOSITORY)
        return f"{self.file.relative_to(REPOSITORY) if inside else self.file}:{self.line}"


@dataclass(frozen=True)
class Example:
    """One line that the model learns from, under its label as written."""

    text: str
    label: str
    place: Place

    @property
    def intents(self) -> frozenset[str]:
        """What the label says, in whatever order."""
        return frozenset(self.label.split(SEPARATOR))


@dataclass(frozen=True)
class Heading:
    """Where an intent's examples begin, and the label they stand under."""

    label: str
    place: Place


@dataclass(frozen=True)
class Slip:
    """A line that is no example, and the mend."""

    place: Place
    sentence: str


@dataclass(frozen=True)
class Outside:
    """A text that must not be learnt: from a test, or from messages that measure."""

    text: str
    place: Place
    intents: frozenset[str] | None = None
    """None where no label in our own words stands beside it."""
    only_the_same: bool = False
    """Whether a likeness is none: a talk in a test uses its words, it measures none."""


@dataclass(frozen=True)
class Reading:
    """All that was found in the files of examples."""

    examples: list[Example]
    headings: list[Heading]
    slips: list[Slip]


def read_examples(folders: list[Path]) -> Reading:
    """The examples of all `.yml` files in the folders; raises ExamplesError."""
    reading = Reading([], [], [])
    for folder in folders:
        files = sorted(folder.rglob("*.yml"))
        if not files:
            raise ExamplesError(f"There is no .yml file in {folder}: name a folder of examples.")
        for file in files:
            _read_file(file, reading)
    return reading


def domain_intents(domain: Path) -> frozenset[str]:
    """The intents that domain.yml lists."""
    root = compose(domain)
    listed = value_of(root, "intents")
    if not isinstance(listed, SequenceNode):
        raise ExamplesError(f"{Place(domain, 1)}: there is no list `intents:`. {_MEND}")
    return frozenset(names_in(listed))


def names_in(node: Node | None) -> Iterator[str]:
    """The names of a list or a mapping; one with settings of its own is a mapping with one key."""
    for entry in node.value if isinstance(node, SequenceNode | MappingNode) else ():
        if isinstance(entry, tuple):
            yield str(entry[0].value)
        else:
            yield str(entry.value[0][0].value if isinstance(entry, MappingNode) else entry.value)


def read_outside(tests: Path, test_set: Path, further: list[Path]) -> list[Outside]:
    """All texts that must not be learnt: of the tests, of our own test set, of further folders."""
    found = [text for file in sorted(tests.rglob("*.py")) for text in read_sentences(file)]
    if test_set.exists():
        found += read_messages(test_set, with_labels=True)
    for folder in further:
        files = sorted(folder.rglob("*.jsonl"))
        if not files:
            raise ExamplesError(f"There is no .jsonl file in {folder}: name a folder of messages.")
        found += [text for file in files for text in read_messages(file, with_labels=False)]
    return found


def read_messages(file: Path, *, with_labels: bool) -> Iterator[Outside]:
    """The texts of a file with one JSON object a line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExamplesError(f"{file} can't be read ({error}). {_MEND}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            text = message["text"]
            label = message["label"] if with_labels else ""
        except (ValueError, KeyError, TypeError) as error:
            raise ExamplesError(
                f"{file}, line {number}: expected a JSON object with its `text`"
                f"{' and `label`' if with_labels else ''} ({error}). {_MEND}"
            ) from error
        intents = frozenset(str(label).split(SEPARATOR)) if with_labels else None
        yield Outside(str(text), Place(file, number), intents)


def read_sentences(file: Path) -> Iterator[Outside]:
    """The strings of a Python file, less what documents it."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError) as error:
        raise ExamplesError(f"{file} is no Python that can be read ({error}). {_MEND}") from error
    passed_over = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            [node.value]
            if isinstance(node, ast.Expr)
            else node.values
            if isinstance(node, ast.JoinedStr)
            else []
        )
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in passed_over
        ):
            yield Outside(node.value, Place(file, node.lineno), only_the_same=True)


def _read_file(file: Path, reading: Reading) -> None:
    blocks = value_of(compose(file), "nlu")
    if not isinstance(blocks, SequenceNode):
        raise ExamplesError(f"{Place(file, 1)}: there is no list `nlu:`. {_MEND}")
    for block in blocks.value:
        label = value_of(block, "intent")
        if not isinstance(label, ScalarNode):
            if not any(value_of(block, kind) for kind in _OTHER_KINDS):
                place = Place(file, block.start_mark.line + 1)
                reading.slips.append(Slip(place, _NO_BLOCK))
            continue
        heading = Heading(str(label.value), Place(file, label.start_mark.line + 1))
        reading.headings.append(heading)
        examples = value_of(block, "examples")
        if isinstance(examples, ScalarNode) and examples.style == "|":
            _read_block(examples, heading, reading)
        else:
            sentence = f"{heading.label} has no block `examples: |` of lines that begin with `- `."
            reading.slips.append(Slip(heading.place, f"{sentence} Write them so."))


def _read_block(block: ScalarNode, heading: Heading, reading: Reading) -> None:
    first = block.start_mark.line + 2  # the text begins on the line after its `|`
    for number, line in enumerate(str(block.value).splitlines(), start=first):
        place = Place(heading.place.file, number)
        text = line.removeprefix(_MARK.rstrip()).strip()
        if line.startswith(_MARK.rstrip()) and text:
            reading.examples.append(Example(text, heading.label, place))
        elif line.startswith(_MARK.rstrip()):
            reading.slips.append(Slip(place, "there is nothing after the dash. Remove the line."))
        elif line.strip():
            sentence = "the line is no example of its own. Begin it with `- `, or join it"
            reading.slips.append(Slip(place, f"{sentence} to the line before."))


def compose(file: Path) -> Node | None:
    """A file as YAML nodes, which know their lines. Raises ExamplesError."""
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExamplesError(f"{file} can't be read ({error.strerror}). {_MEND}") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ExamplesError(
            f"{Place(file, line)}: this is not well-formed YAML ({error.problem}). "
            f"Check the indentation, colons and quotes there, and just above. {_MEND}"
        ) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ExamplesError(f"{file} is not YAML in UTF-8 ({error}). {_MEND}") from error
    return root


def value_of(node: Any, key: str) -> Node | None:
    """What stands under a key of a mapping; None where it is none or has no such key."""
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if name.value == key:
                found: Node = value
                return found
    return None
