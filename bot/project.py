"""Where the Rasa project's files are, and the fingerprint of all that a model is made from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOT = Path(__file__).resolve().parent
PREFIX = "offboarding-"
SUFFIX = ".tar.gz"


@dataclass(frozen=True)
class Project:
    """What is trained: configuration, domain and data."""

    config: Path = ROOT / "config.yml"
    domain: Path = ROOT / "domain.yml"
    data: Path = ROOT / "data"

    def fingerprint(self) -> str:
        """Changes exactly when a file changes that training reads, or the code that trains."""
        digest = hashlib.sha256()
        for label, path in self._files():
            content = path.read_bytes()
            digest.update(f"{label}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()[:16]

    def model(self, directory: Path) -> Path:
        """Where the model of the present files is, or would be."""
        return directory / f"{PREFIX}{self.fingerprint()}{SUFFIX}"

    def _files(self) -> Iterator[tuple[str, Path]]:
        yield "config", self.config
        yield from _tree("domain", self.domain, "*.yml")
        yield from _tree("data", self.data, "*.yml")
        yield from _tree("bot", BOT, "*.py")
        yield "lock", BOT / "requirements.txt"
        sums = Path(os.environ.get("OFFBOARD_ENCODER_DIRECTORY") or BOT / "encoder") / "SHA256SUMS"
        if sums.is_file():
            yield "encoder", sums


def _tree(label: str, path: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield label, path
        return
    for file in sorted(path.rglob(pattern)):
        relative = file.relative_to(path)
        if not any(part.startswith(".") for part in relative.parts):
            yield f"{label}/{relative.as_posix()}", file
