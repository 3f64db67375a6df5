"""Rasa as it comes, with TensorFlow, in an environment of its own that only `make bench` needs."""

from pathlib import Path

from bench.rasas import CHECKOUT
from tools.environments import Environment, ensure
from tools.steps import say

LOCK = CHECKOUT / "bench" / "rasa-default" / "requirements.txt"
ENVIRONMENT = Environment(
    title="Rasa's default",
    folder=CHECKOUT / "var" / "bench" / ".venv",
    lock=LOCK,
    development_lock=LOCK,
)


def python_with_tensorflow() -> Path:
    """Its interpreter; installs it at the first use."""
    if not ENVIRONMENT.current(development=False):
        say("Installing Rasa with TensorFlow to compare with: 2.5 GB, once, some minutes.")
        ENVIRONMENT.folder.parent.mkdir(parents=True, exist_ok=True)
        ensure(ENVIRONMENT, development=False)
    return ENVIRONMENT.python
