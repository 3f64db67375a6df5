"""What rules and stories name that `domain.yml` does not know, each with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from offboard.examples.reading import SEPARATOR, Place, Slip, compose, names_in, value_of

_OF_RASA = frozenset(
    {
        "action_back",
        "action_default_fallback",
        "action_listen",
        "action_restart",
        "action_session_start",
        "action_unlikely_intent",
    }
)
"""Actions that are there without being listed."""
_TALKS = {"rules": "rule", "stories": "story"}


@dataclass(frozen=True)
class Known:
    """What domain.yml lists; of a slot with fixed values, which they are."""

    intents: frozenset[str]
    actions: frozenset[str]
    slots: dict[str, frozenset[str] | None]


def read_known(domain: Path) -> Known:
    """The names of a domain.yml. Raises ExamplesError."""
    root = compose(domain)
    slots = value_of(root, "slots")
    return Known(
        intents=frozenset(names_in(value_of(root, "intents"))) | {"nlu_fallback"},
        actions=_OF_RASA
        | frozenset(names_in(value_of(root, "actions")))
        | frozenset(names_in(value_of(root, "responses"))),
        slots={
            str(key.value): _values(value)
            for key, value in (slots.value if isinstance(slots, MappingNode) else ())
        },
    )


def step_slips(folders: list[Path], known: Known) -> Iterator[Slip]:
    """What is wrong in the rules and stories of the folders. Raises ExamplesError."""
    for folder in folders:
        for file in sorted(folder.rglob("*.yml")):
            yield from _in_file(file, known)


def _in_file(file: Path, known: Known) -> Iterator[Slip]:
    root = compose(file)
    lists = {key: value_of(root, key) for key in _TALKS}
    found = {key: node for key, node in lists.items() if isinstance(node, SequenceNode)}
    if not found:
        yield Slip(Place(file, 1), "there is no list `rules:` or `stories:`. Write one.")
    for key, talks in found.items():
        for talk in talks.value:
            yield from _in_talk(file, _TALKS[key], talk, known)


def _in_talk(file: Path, kind: str, talk: Node, known: Known) -> Iterator[Slip]:
    title, steps = value_of(talk, kind), value_of(talk, "steps")
    place = Place(file, talk.start_mark.line + 1)
    if not isinstance(title, ScalarNode) or not isinstance(steps, SequenceNode):
        sentence = f"here should be `- {kind}: its name`, and its `steps:` below"
        yield Slip(place, f"{sentence}. Look at the indentation.")
        return
    for line, sentence in _unknown(talk, known):
        yield Slip(Place(file, line), f"the {kind} “{title.value}” {sentence}")


def _unknown(node: Node, known: Known) -> Iterator[tuple[int, str]]:
    """Each unknown name with its line, however deep it stands."""
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _unknown(item, known)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == "slot_was_set":
                yield from _unknown_slots(value, known)
            elif key.value in {"intent", "action"} and isinstance(value, ScalarNode):
                yield from _unknown_name(str(key.value), value, known)
            else:
                yield from _unknown(value, known)


def _unknown_name(what: str, node: ScalarNode, known: Known) -> Iterator[tuple[int, str]]:
    names, listed = [str(node.value)], known.actions
    if what == "intent":
        names, listed = names[0].split(SEPARATOR), known.intents
    for name in names:
        if name not in listed:
            yield node.start_mark.line + 1, _sentence(what, name, listed)


def _unknown_slots(node: Node, known: Known) -> Iterator[tuple[int, str]]:
    entries = node.value if isinstance(node, SequenceNode) else [node]
    for entry in entries:
        pairs: list[Any] = entry.value if isinstance(entry, MappingNode) else [(entry, None)]
        for name, value in pairs:
            line = name.start_mark.line + 1
            if name.value not in known.slots:
                yield line, _sentence("slot", str(name.value), frozenset(known.slots))
                continue
            allowed = known.slots[name.value]
            if allowed is None or not isinstance(value, ScalarNode):
                continue
            if value.tag != "tag:yaml.org,2002:null" and value.value not in allowed:
                what = f"value of {name.value}"
                yield line, _sentence(what, str(value.value), allowed)


def _values(slot: Node) -> frozenset[str] | None:
    values = value_of(slot, "values")
    return None if values is None else frozenset(names_in(values))


def _sentence(what: str, name: str, known: frozenset[str]) -> str:
    return f"names the {what} {name}, which domain.yml does not list. {mend(name, known)}"


def mend(name: str, known: frozenset[str]) -> str:
    """Correct it, with the name that was probably meant."""
    near = get_close_matches(name, sorted(known), n=1)
    meant = f" (was {near[0]} meant?)" if near else ""
    return f"Correct it{meant}, or list it there."
