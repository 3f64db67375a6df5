"""Likenesses that are let stand, each with its reason: `offboard/examples/exceptions.yml`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from offboard.examples.likeness import Words, words_of
from offboard.examples.reading import Example, ExamplesError, Outside, Place, Slip

FILE = Path(__file__).parent / "exceptions.yml"
_FORM = "Write `pair: [one text, the other]` or `example: text`, and a `reason`."


class Exceptions:
    """What the file lets stand; remembers what was needed, so that the rest can be removed."""

    def __init__(self, file: Path) -> None:
        self._pairs: dict[frozenset[Words], Place] = {}
        self._examples: dict[Words, Place] = {}
        self._needed: set[frozenset[Words]] = set()
        for number, entry in _entries(file):
            place = Place(file, number)
            if not str(entry.get("reason") or "").strip():
                raise ExamplesError(f"{place}: there is no reason. {_FORM}")
            match entry:
                case {"pair": [str(one), str(other)]}:
                    self._pairs[frozenset({words_of(one), words_of(other)})] = place
                case {"example": str(text)}:
                    self._examples[words_of(text)] = place
                case _:
                    raise ExamplesError(f"{place}: this names no example. {_FORM}")

    def let_stand(self, one: Example, other: Example | Outside) -> bool:
        """Whether a likeness has a reason."""
        if isinstance(other, Outside):
            return words_of(one.text) in self._examples
        pair = frozenset({words_of(one.text), words_of(other.text)})
        self._needed.add(pair)
        return pair in self._pairs

    def left_over(self, examples: list[Example]) -> Iterator[Slip]:
        """What nothing needs any more, once every likeness was asked about."""
        known = {words_of(example.text) for example in examples}
        sentence = "no example needs this exception. Remove it."
        for pair, place in self._pairs.items():
            if pair not in self._needed:
                yield Slip(place, sentence)
        for words, place in self._examples.items():
            if words not in known:
                yield Slip(place, sentence)


def _entries(file: Path) -> Iterator[tuple[int, Any]]:
    try:
        content = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ExamplesError(f"{file} can't be read ({error}). Mend it.") from error
    listed = content.get("exceptions") if isinstance(content, CommentedMap) else None
    if not isinstance(listed, CommentedSeq):
        raise ExamplesError(f"{Place(file, 1)}: there is no list `exceptions:`. {_FORM}")
    for position, entry in enumerate(listed):
        line = listed.lc.item(position)[0] + 1
        if not isinstance(entry, CommentedMap):
            raise ExamplesError(f"{Place(file, line)}: this names no example. {_FORM}")
        yield line, entry
