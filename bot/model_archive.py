"""Reads the learnt understanding out of a Rasa model file, without loading Rasa."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from bot.nlu.intent_model import IntentModel
from bot.nlu.understanding import Settings, Understanding

CLASSIFIER = "bot.nlu.intent_classifier.IntentClassifier"


class ModelArchiveError(Exception):
    """The file is no model of ours."""


def load_understanding(archive: Path) -> Understanding:
    """The trained classifier of a model, with the settings it was trained with."""
    with tarfile.open(archive) as files, tempfile.TemporaryDirectory() as directory:
        members = [member for member in files.getmembers() if member.isfile()]
        found = [member for member in members if _is_of_classifier(member.name)]
        metadata = [member for member in members if member.name.endswith("metadata.json")]
        if not found or not metadata:
            raise ModelArchiveError(f"{archive} has no {CLASSIFIER}.")
        for member in found:
            content = files.extractfile(member)
            if content is not None:
                # Written under their last name only: no path of the archive is followed.
                target = Path(directory) / PurePosixPath(member.name).name
                target.write_bytes(content.read())
        described = files.extractfile(metadata[0])
        settings = _settings(json.load(described)) if described is not None else Settings()
        return Understanding(IntentModel.load(Path(directory)), settings)


def _is_of_classifier(name: str) -> bool:
    return f"train_{CLASSIFIER}" in name


def _settings(metadata: dict[str, Any]) -> Settings:
    for node in metadata["predict_schema"]["nodes"].values():
        if node["uses"] == CLASSIFIER:
            return Settings.read(node["config"])
    return Settings()
