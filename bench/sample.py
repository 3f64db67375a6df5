"""A sample of the examples, small enough for Rasa's default to learn within the hour.

Its neural classifier takes minutes for each thousand examples and more than its share for each
thousand further ones. Both sides learn from the same sample, so training times can be compared;
answer times hardly depend on it.
"""

import shutil
from collections import Counter
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

EXAMPLES_OF_ONE_LABEL = 60
EXAMPLES_OF_A_COMBINATION = 6


def write(source: Path, target: Path) -> None:
    """Copy a project's data with the first so many examples of each label of each folder's turn.

    Rules and stories are copied whole. Files are read in the order of their names, one example of
    each in turn, so that every topic is in the sample.
    """
    shutil.rmtree(target, ignore_errors=True)
    for folder in ("rules", "stories"):
        shutil.copytree(source / folder, target / folder)
    taken: Counter[str] = Counter()
    files = {path: _groups(path) for path in sorted((source / "nlu").rglob("*.yml"))}
    chosen: dict[Path, dict[str, list[str]]] = {path: {} for path in files}
    position = 0
    while any(position < len(lines) for groups in files.values() for lines in groups.values()):
        for path, groups in files.items():
            for label, lines in groups.items():
                if position < len(lines) and taken[label] < _most(label):
                    taken[label] += 1
                    chosen[path].setdefault(label, []).append(lines[position])
        position += 1
    for path, groups in chosen.items():
        if groups:
            _write(target / path.relative_to(source), groups)


def _most(label: str) -> int:
    return EXAMPLES_OF_A_COMBINATION if "+" in label else EXAMPLES_OF_ONE_LABEL


def _groups(path: Path) -> dict[str, list[str]]:
    """The examples of a file, by label."""
    groups: dict[str, list[str]] = {}
    for group in YAML(typ="safe").load(path)["nlu"]:
        if "intent" not in group:
            continue  # a list of names
        lines = [line.removeprefix("- ") for line in group["examples"].splitlines()]
        groups.setdefault(group["intent"], []).extend(line for line in lines if line)
    return groups


def _write(path: Path, groups: dict[str, list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nlu = [
        {"intent": label, "examples": LiteralScalarString("".join(f"- {line}\n" for line in lines))}
        for label, lines in groups.items()
    ]
    YAML().dump({"version": "3.1", "nlu": nlu}, path)
