"""Reading what is said outside of domain.yml: mails, pages, and the widget's own strings."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

from offboard.words.texts import Form, Piece, Response

_INLINE = frozenset({"a", "b", "em", "i", "span", "strong"})
"""Elements within a sentence; any other begins a new one."""
_STRING = re.compile(r'\s*(\w+): "((?:[^"\\]|\\.)*)",?')
"""`name: "words",`, a line of strings.ts."""


def templates(folder: Path) -> Iterator[Response]:
    """Each Jinja template of a folder as one thing that is said."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".html", ".txt"}:
            written, spoken = _without_jinja(path.read_text(encoding="utf-8"))
            read = _html_pieces if path.suffix == ".html" else _text_pieces
            yield _one_form(path, path.name, [*read(written), *spoken])


def widget_strings(path: Path) -> Iterator[Response]:
    """Each string of the widget as one thing that is said."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = _STRING.fullmatch(line)
        if found:
            yield _one_form(path, found[1], [Piece(number, found[2])])


def _one_form(path: Path, name: str, pieces: list[Piece]) -> Response:
    line = min((piece.line for piece in pieces), default=1)
    return Response(path, name, line, [Form(line, pieces)], in_talk=False)


def _without_jinja(source: str) -> tuple[str, list[Piece]]:
    """The text between Jinja's tags, line by line as it was; and texts given to a macro."""
    written, spoken, filling = [], [], False
    for line, kind, part in Environment(autoescape=True).lex(source):
        filling = kind == "variable_begin" or (filling and kind != "variable_end")
        if kind == "data":
            written.append(part)
        elif kind == "variable_begin":
            written.append("{value}")
        else:
            written.append("\n" * part.count("\n"))
        if filling and kind == "string" and " " in part.strip("'\" "):
            spoken.append(Piece(line, part[1:-1]))
    return "".join(written), spoken


def _text_pieces(text: str) -> Iterator[Piece]:
    """The paragraphs of a plain text."""
    paragraph: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            yield Piece(number - len(paragraph), " ".join(paragraph))
            paragraph = []


def _html_pieces(text: str) -> Iterator[Piece]:
    """The texts of a page, each as long as one reads on without a break."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.flush()
    yield from reader.pieces


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._text = ""
        self._line = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE:
            self.flush()

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self._text.strip():
            blank = data[: len(data) - len(data.lstrip())]
            self._line = self.getpos()[0] + blank.count("\n")
        self._text += data

    def flush(self) -> None:
        words = " ".join(self._text.split())
        if words:
            self.pieces.append(Piece(self._line, words))
        self._text = ""
