"""The words the gateway says itself: a small reader of the responses in domain.yml."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from channels.conversations.card import Card
from channels.conversations.outgoing import Button, Outgoing
from offboarding.errors import ConfigurationError

WELCOME = "utter_welcome"
ASSISTANT_UNAVAILABLE = "utter_assistant_unavailable"
HANDOFF_RECORDED = "utter_handoff_recorded_without_bot"
ANSWER_INTERRUPTED = "utter_answer_interrupted"

REQUIRED: Mapping[str, tuple[str, ...]] = {
    WELCOME: (),
    ASSISTANT_UNAVAILABLE: (),
    HANDOFF_RECORDED: ("handoff_number", "number"),
    ANSWER_INTERRUPTED: (),
}
"""The responses that the gateway cannot be without, and the values it gives to each."""

TALK_TO_PERSON_LABEL = "utter_talk_to_person_label"
CANCEL_PAGE_LABEL = "utter_cancel_page_label"
_LABELS = {TALK_TO_PERSON_LABEL: "Talk to a person", CANCEL_PAGE_LABEL: "Cancel on a page"}
"""Short labels that domain.yml may say otherwise."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Texts:
    """Responses by name, with `{company_name}` and the like filled in.

    `values` are those known everywhere; a response may need more, given when it is said.
    `required` names responses that must be there beside the gateway's own.
    Raises ConfigurationError at once for a file that cannot be read or a response that is missing.
    """

    def __init__(self, path: Path, values: Mapping[str, str], required: Iterable[str] = ()) -> None:
        self._path = path
        self._values = dict(values)
        self._responses = _read_responses(path)
        for name in required:
            self._variation(name, "web")
        for name, given in REQUIRED.items():
            self._try(name, given)

    def say(
        self, name: str, values: Mapping[str, str] | None = None, channel: str = "web"
    ) -> Outgoing:
        """The response, filled. Raises ConfigurationError when it, or one of its values, is not."""
        variation = self._variation(name, channel)
        known = {**self._values, **(values or {})}
        return Outgoing(
            text=self._fill(name, str(variation.get("text") or ""), known),
            buttons=tuple(
                Button(self._fill(name, str(button["title"]), known), _payload(button))
                for button in variation.get("buttons") or ()
            ),
            card=self._card(name, variation.get("custom"), known),
        )

    def label(self, name: str) -> str:
        """A short label: as domain.yml says it, else the built-in one."""
        return self.say(name).text if name in self._responses else _LABELS[name]

    def _variation(self, name: str, channel: str) -> Mapping[str, Any]:
        variations = self._responses.get(name)
        for wanted in (channel, None):
            for variation in variations or ():
                if isinstance(variation, Mapping) and variation.get("channel") == wanted:
                    return variation
        raise ConfigurationError(
            f"{self._path} has no response `{name}` for the channel `{channel}`. "
            f"Add it under `responses:`."
        )

    def _try(self, name: str, given: Iterable[str]) -> None:
        """Say it once for nobody, so that a mistake shows at the start and not to a customer."""
        try:
            self.say(name, dict.fromkeys(given, ""))
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"{self._path}: a button of the response `{name}` cannot be used. "
                f"It needs a title and a payload such as /affirm."
            ) from error

    def _card(self, name: str, custom: Any, known: Mapping[str, str]) -> dict[str, Any] | None:
        """What a response carries as `custom:` is a card, or nothing."""
        if not custom:
            return None
        try:
            return Card.model_validate(self._fill_all(name, custom, known)).model_dump()
        except ValidationError as error:
            places = {".".join(map(str, fault["loc"])) for fault in error.errors()}
            raise ConfigurationError(
                f"{self._path}: the card of the response `{name}` does not fit at "
                f"{', '.join(sorted(places))}. It has kind, title, rows (label, value), "
                f"links (title, url) and note."
            ) from None

    def _fill_all(self, name: str, part: Any, known: Mapping[str, str]) -> Any:
        if isinstance(part, Mapping):
            return {key: self._fill_all(name, value, known) for key, value in part.items()}
        if isinstance(part, list):
            return [self._fill_all(name, value, known) for value in part]
        return self._fill(name, part, known) if isinstance(part, str) else part

    def _fill(self, name: str, text: str, known: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            try:
                return known[match[1]]
            except KeyError:
                raise ConfigurationError(
                    f"{self._path}: the response `{name}` uses {match[0]}, which nobody fills. "
                    f"Known here: {', '.join(sorted(known))}."
                ) from None

        return _PLACEHOLDER.sub(value, text)


def _read_responses(path: Path) -> dict[str, list[Any]]:
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError) as error:
        raise ConfigurationError(f"{path} cannot be read as YAML: {error}") from error
    responses = content.get("responses") if isinstance(content, Mapping) else None
    if not isinstance(responses, Mapping):
        raise ConfigurationError(f"{path} has no `responses:`. The assistant's texts belong there.")
    return {str(name): list(variations or ()) for name, variations in responses.items()}


def _payload(button: Mapping[str, Any]) -> str:
    """As Rasa sends it: a brace that is meant is written twice in domain.yml."""
    return str(button["payload"]).replace("{{", "{").replace("}}", "}")
