"""Stands in for bot.train: a model is an empty file."""

import sys
import threading
from pathlib import Path

models = Path("models")
if Path("data-is-broken").exists():
    sys.exit("data/nlu/cancel.yml:3 has a mistake")
if "--check" in sys.argv:
    sys.exit(0 if any(models.glob("*.tar.gz")) else 3)
if Path("data-is-endless").exists():
    threading.Event().wait()
models.mkdir(exist_ok=True)
(models / "trained.tar.gz").touch()
sys.stdout.write("trained\n")
