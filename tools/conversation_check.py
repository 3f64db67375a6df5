"""Has Rasa check domain, data and configuration, in the bot's environment.

Any warning fails: an intent without examples, a response nobody sends, a story that contradicts a
rule.
"""

import importlib
import os
import runpy
import sys
import warnings


def check() -> None:
    """Run `rasa data validate` with the bot's own components importable."""
    # Rasa wants packages at its start that this bot has no use for; the bot knows which.
    importlib.import_module("bot.absent").stand_in_for_unused_packages()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    sys.argv = ["rasa", "data", "validate", "--fail-on-warnings", *sys.argv[1:]]
    runpy.run_module("rasa", run_name="__main__")


if __name__ == "__main__":
    check()
