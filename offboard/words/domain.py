"""Reading the responses of domain.yml, each text with its line and the exceptions argued for it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from offboard.examples.reading import names_in
from offboard.words.texts import Allowance, Choice, Form, Piece, Response
from offboarding.errors import OffboardingError

_COMMENT = re.compile(r"\s*#")
_FOR_US = re.compile(r"\s*#\s*words:\s*(.*)")
_ALLOW = re.compile(r"allow\s+([\w-]+)\s*(?::\s*(.*))?")


class WordsError(OffboardingError):
    """A file with words cannot be read; the sentence names file, line and mend."""

    word = "words_unreadable"


class DomainFile:
    """The responses of one domain.yml, and the comments for the linter that belong to none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        source = _read(path)
        self._lines = source.splitlines()
        root = _compose(path, source)
        responses = self._mapping(root, "file").get("responses")
        if responses is None:
            raise WordsError(f"{path} has no `responses:`. The assistant's texts belong there.")
        self.intents = frozenset(
            names_in(self._mapping(root, "file").get("intents", (None, None))[1])
        )
        self._in_texts = set(_lines_of_texts(root))
        self._read_comments: set[int] = set()
        self.responses = list(self._responses(responses[1]))
        self.stray_comments = [
            line for line in self._comments_for_us() if line not in self._read_comments
        ]

    def _responses(self, node: Node) -> Iterator[Response]:
        for name, (key, value) in self._mapping(node, "responses").items():
            forms = self._sequence(value, name)
            if not forms:
                raise self._error(value, f"{name} says nothing; give it a `- text:`, or remove it")
            yield Response(
                file=self.path,
                name=name,
                line=_line(key),
                forms=[self._form(name, form) for form in forms],
                allowances=self._allowances(_line(key)),
            )

    def _form(self, name: str, node: Node) -> Form:
        parts = self._mapping(node, name)
        text, buttons, card, channel = (
            parts[part][1] if part in parts else None
            for part in ("text", "buttons", "custom", "channel")
        )
        return Form(
            line=_line(node),
            said=[self._piece(text, name)] if text else [],
            choices=[self._choice(each, name) for each in self._sequence(buttons, name)],
            card=list(_texts_in(card, "title", "label", "value", "note")),
            addresses=list(_texts_in(card, "url")),
            channel=self._piece(channel, name).text if channel else None,
            allowances=self._allowances(_line(node)),
        )

    def _choice(self, node: Node, name: str) -> Choice:
        parts = self._mapping(node, name)
        if not {"title", "payload"} <= parts.keys():
            raise self._error(node, f"a button of {name} needs a title and a payload")
        return Choice(
            self._piece(parts["title"][1], name),
            self._piece(parts["payload"][1], name).text,
        )

    def _piece(self, node: Node, name: str) -> Piece:
        if not isinstance(node, ScalarNode):
            raise self._error(node, f"a text of {name} has to be one text")
        return Piece(_line(node), node.value)

    def _mapping(self, node: Node, name: str) -> dict[str, tuple[Node, Node]]:
        if not isinstance(node, MappingNode):
            raise self._error(node, f"{name} needs `name: value` lines here")
        return {str(key.value): (key, value) for key, value in node.value}

    def _sequence(self, node: Node | None, name: str) -> Sequence[Node]:
        if node is None:
            return ()
        if not isinstance(node, SequenceNode):
            raise self._error(node, f"{name} needs a list here, each item with a dash")
        return list(node.value)

    def _error(self, node: Node, what: str) -> WordsError:
        return WordsError(f"{self.path}, line {_line(node)}: {what}.")

    def _allowances(self, line: int) -> list[Allowance]:
        """The exceptions in the comments directly above a line."""
        found = []
        above = line - 1
        while above and above not in self._in_texts and _COMMENT.match(self._lines[above - 1]):
            words = _FOR_US.fullmatch(self._lines[above - 1])
            allow = _ALLOW.fullmatch(words[1]) if words else None
            if allow:
                self._read_comments.add(above)
                found.append(Allowance(above, allow[1], (allow[2] or "").strip()))
            above -= 1
        return found[::-1]

    def _comments_for_us(self) -> Iterator[int]:
        for number, line in enumerate(self._lines, start=1):
            if number not in self._in_texts and _FOR_US.fullmatch(line):
                yield number


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise WordsError(f"{path} can't be read ({error.strerror}). Put the file back.") from error
    except UnicodeDecodeError as error:
        raise WordsError(f"{path} is not UTF-8 text. Save it as UTF-8.") from error


def _compose(path: Path, source: str) -> Node:
    """The file as YAML nodes, which know their lines. Raises WordsError."""
    try:
        root: Node = YAML(typ="safe", pure=True).compose(source)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise WordsError(
            f"{path}, line {line}: this is not well-formed YAML ({error.problem}). "
            "Check the indentation, colons and quotes there."
        ) from error
    except ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        raise WordsError(
            f"{path}, line {line}: there is a control character. Remove it, or write the line anew."
        ) from error
    except (YAMLError, RecursionError) as error:
        raise WordsError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(root, MappingNode):
        raise WordsError(f"{path}, line 1: expected `name: value` lines, found something else.")
    return root


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _texts_in(node: Node | None, *names: str) -> Iterator[Piece]:
    """The texts of these names, however deep in a card."""
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _texts_in(item, *names)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(value, ScalarNode) and key.value in names:
                yield Piece(_line(value), value.value)
            else:
                yield from _texts_in(value, *names)


def _lines_of_texts(node: Node) -> Iterator[int]:
    """The lines inside texts that go over several; what looks like a comment there is text."""
    if isinstance(node, ScalarNode):
        yield from range(node.start_mark.line + 2, node.end_mark.line + 1)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _lines_of_texts(item)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _lines_of_texts(key)
            yield from _lines_of_texts(value)
