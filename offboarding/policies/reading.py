"""Reading a policy file: YAML into a checked model, every mistake with file, line and mend."""

import re
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from offboarding.errors import PolicyError

_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")


class PolicyModel(BaseModel):
    """Parent of every part of a policy: unknown fields are mistakes, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=PolicyModel)


def read_policy(path: Path, model: type[Model]) -> Model:
    """The policy in a file. Raises PolicyError whose sentence names file, line and mend."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        content = YAML(typ="rt").load(text)
    except OSError as error:
        raise PolicyError(f"{path} can't be read ({error.strerror}). Put the file back.") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PolicyError(
            f"{path}, line {line}: this is not well-formed YAML ({error.problem}). "
            "Check the indentation, colons and quotes there."
        ) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PolicyError(
            f"{path}, line {line}: there is a control character. Remove it, or write the line anew."
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        line = _impossible_date(text)
        raise PolicyError(
            f"{path}, line {line}: this is no possible value ({error}). Correct it."
        ) from error
    if not isinstance(content, CommentedMap):
        raise PolicyError(f"{path}, line 1: expected `name: value` lines, found something else.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise PolicyError(_sentence(path, content, error.errors()[0])) from error


def _impossible_date(text: str) -> int:
    """The line of the first date that no calendar has, such as 2026-13-01; else 1."""
    for number, line in enumerate(text.splitlines(), start=1):
        for year, month, day in _DATE.findall(line):
            try:
                date(int(year), int(month), int(day))
            except ValueError:
                return number
    return 1


def _sentence(path: Path, content: CommentedMap, mistake: ErrorDetails) -> str:
    where = _without_tags(content, mistake["loc"])
    place = ".".join(str(part) for part in where)
    mend = {
        "extra_forbidden": "There is no such field; remove it or correct its name.",
        "missing": "Add this field.",
    }.get(mistake["type"], f"{mistake['msg'].removeprefix('Value error, ')}.")
    return f"{path}, line {_line(content, where)}: {place or 'file'}: {mend}"


def _without_tags(content: CommentedMap, place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A mistake's place in the file, where a list's items are of several kinds.

    pydantic names the kind between the item and its field; no line of the file has it there.
    """
    node: Any = content
    kept: list[int | str] = []
    for number, part in enumerate(place, start=1):
        if isinstance(node, CommentedMap) and part not in node and number < len(place):
            continue
        kept.append(part)
        inside = (isinstance(node, CommentedMap) and part in node) or (
            isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node)
        )
        node = node[part] if inside else None
    return tuple(kept)


def _line(content: CommentedMap, place: tuple[int | str, ...]) -> int:
    """The line of the deepest part of `place` that is in the file."""
    line = 1
    node: Any = content
    for part in place:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line
