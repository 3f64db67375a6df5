"""`python -m bot.train`: trains the model when anything it is made from has changed.

The model's name carries the fingerprint of its makings, so whether it is current is a look at the
file system. With `--check` nothing is trained: exit 0 when the model is current, 3 when it is not;
`--choose` says the same, and has a current model served from now on, whatever was trained since.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.patches import prepare
from bot.project import PREFIX, ROOT, SUFFIX, Project

NOT_CURRENT = 3
FAILED = 1
MODELS_KEPT = 3
NANOSECONDS_APART = 1_000_000
"""So that a time in seconds, as a float, tells two models apart."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train if needed; the path of the current model is the last line on stdout."""
    options = _parser().parse_args(arguments)
    project = Project(options.config, options.domain, options.data)
    model = project.model(options.out)
    if options.check:
        print(model)
        return 0 if model.exists() else NOT_CURRENT
    if model.exists() and not options.force:
        _put_first(model)
        print(model)
        return 0
    if options.choose:
        print(model)
        return NOT_CURRENT
    if not train(project, model):
        return FAILED
    print(model)
    return 0


def train(project: Project, model: Path) -> bool:
    """Train and put the model in its place, whole or not at all."""
    prepare()
    # Rasa's cache knows a component by its class alone, not by the modules it calls.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    from rasa.model_training import train as train_with_rasa

    started = time.monotonic()
    model.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=model.parent) as directory:
        os.environ["RASA_CACHE_DIRECTORY"] = str(Path(directory) / "cache")
        result = train_with_rasa(
            domain=str(project.domain),
            config=str(project.config),
            training_files=[str(project.data)],
            output=directory,
            force_training=True,
            fixed_model_name=model.name.removesuffix(SUFFIX),
        )
        if result.code != 0 or result.model is None:
            print(f"Training failed with code {result.code}.", file=sys.stderr)
            return False
        Path(result.model).replace(model)
    _remove_old_models(model)
    print(f"Trained in {time.monotonic() - started:.1f} s.", file=sys.stderr)
    return True


def _put_first(model: Path) -> None:
    """Make it the youngest: that one is served (bot/new_models.py), and changes can be undone."""
    others = {*model.parent.glob(f"{PREFIX}*{SUFFIX}")} - {model}
    youngest = max((path.stat().st_mtime_ns for path in others), default=0)
    if model.stat().st_mtime_ns <= youngest:
        stamp = max(time.time_ns(), youngest + NANOSECONDS_APART)
        os.utime(model, ns=(stamp, stamp))


def _remove_old_models(newest: Path) -> None:
    models = newest.parent.glob(f"{PREFIX}*{SUFFIX}")
    by_age = sorted(models, key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[MODELS_KEPT:]:
        if old != newest:
            old.unlink(missing_ok=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="directory of models")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    parser.add_argument(
        "--choose", action="store_true", help="as --check; a current one is served from now on"
    )
    parser.add_argument("--force", action="store_true", help="train even if it is current")
    parser.add_argument("--config", type=Path, default=Project.config)
    parser.add_argument("--domain", type=Path, default=Project.domain)
    parser.add_argument("--data", type=Path, default=Project.data)
    return parser


if __name__ == "__main__":
    sys.exit(main())
