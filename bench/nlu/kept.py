"""A result that takes too long to measure each time, kept in the repository with its date."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bench.nlu.comparison import Result
from bench.nlu.contenders import Costs
from bench.nlu.scoring import Figures, Share

FILE = Path(__file__).parent / "rasa_default.json"


@dataclass(frozen=True)
class Kept:
    """A result, when and how it was measured, and on which test set."""

    result: Result
    measured_on: str
    how: str
    test_set: str


def keep(result: Result, how: str, test_set: Path, file: Path = FILE) -> None:
    """Write the result down, slices and bins apart."""
    content = {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 (the day where it was measured)
        "how": how,
        "test_set": fingerprint(test_set),
        "result": {**asdict(result), "slices": {}, "reliability": []},
    }
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> Kept | None:
    """The kept result; None when there is none."""
    if not file.exists():
        return None
    content = json.loads(file.read_text("utf-8"))
    read = content["result"]
    result = Result(
        title=read["title"],
        costs=Costs(**read["costs"]),
        in_folds=_figures(read["in_folds"]),
        on_test_set=_figures(read["on_test_set"]),
        on_measuring_set=_figures(read["on_measuring_set"]),
    )
    return Kept(result, content["measured_on"], content["how"], content["test_set"])


def fingerprint(file: Path) -> str:
    """Changes with the file; empty when there is none."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.exists() else ""


def _figures(read: Mapping[str, Any] | None) -> Figures | None:
    if read is None:
        return None
    values: dict[str, Any] = {
        name: Share(**value) if isinstance(value, dict) else value for name, value in read.items()
    }
    return Figures(**values)
