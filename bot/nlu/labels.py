"""Training examples that carry several intents: `cancel+reason_price`.

Rasa knows one intent an example and checks that the domain lists it. This importer hands Rasa the
leading one, and keeps all of them on the example for `IntentClassifier`, so that designers write
combinations freely and `rasa data validate` stays meaningful.
"""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

INTENTS = "intents"
SEPARATOR = "+"


class LabelImporter(RasaFileImporter):
    """Rasa's own importer of files, which also understands combined labels."""

    _read: TrainingData | None = None

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Read `data/nlu/`, each combined label split.

        Rasa asks twice, with a language and without; the files are the same, and read once.
        """
        if self._read is None:
            data = super().get_nlu_data(language)
            self._read = TrainingData(
                [_split(example) for example in data.training_examples],
                data.entity_synonyms,
                data.regex_features,
                data.lookup_tables,
                data.responses,
            )
        return self._read


def labels_of(example: Message) -> list[str]:
    """All intents of a training example."""
    return list(example.get(INTENTS) or [example.get(INTENT)])


def is_button(text: str) -> bool:
    """Whether an example only shows what a button sends; nobody types it."""
    return text.startswith("/")


def _split(example: Message) -> Message:
    label = example.get(INTENT)
    if not label or SEPARATOR not in label:
        return example
    intents = label.split(SEPARATOR)
    example.set(INTENT, intents[0])
    example.set(INTENTS, intents)
    if not example.get(TEXT):
        raise ValueError(f"An example of {label} has no text.")
    return example
