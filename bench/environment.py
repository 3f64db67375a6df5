"""What only `make bench` needs: Rasa as it comes, and what else is compared, each by itself."""

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
OTHERS_LOCK = CHECKOUT / "bench" / "nlu" / "others" / "requirements.txt"
OTHERS = Environment(
    title="other approaches",
    folder=CHECKOUT / "var" / "bench" / ".venv-others",
    lock=OTHERS_LOCK,
    development_lock=OTHERS_LOCK,
)


def python_with_tensorflow() -> Path:
    """Its interpreter; installs it at the first use."""
    if not ENVIRONMENT.current(development=False):
        say("Installing Rasa with TensorFlow to compare with: 2.5 GB, once, some minutes.")
        ENVIRONMENT.folder.parent.mkdir(parents=True, exist_ok=True)
        ensure(ENVIRONMENT, development=False)
    return ENVIRONMENT.python


def python_of_others() -> Path:
    """The interpreter of the other approaches to understanding; installs them at the first use."""
    if not OTHERS.current(development=False):
        say("Installing other approaches to compare with: 650 MB, once.")
        OTHERS.folder.parent.mkdir(parents=True, exist_ok=True)
        ensure(OTHERS, development=False)
    return OTHERS.python
