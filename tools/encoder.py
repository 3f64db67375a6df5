"""Makes the sentence encoder anew, with torch: `tools/python -m tools.encoder [OPTIONS]`."""

import subprocess
import sys

from tools.environments import BOT, Environment, ensure
from tools.prepare import prepare
from tools.steps import CHECKOUT, StepError, main_of, say

LOCK = CHECKOUT / "bot" / "encoder_recipe" / "requirements.txt"
ENVIRONMENT = Environment(
    title="encoder recipe",
    folder=CHECKOUT / "var" / "encoder" / ".venv",
    lock=LOCK,
    development_lock=LOCK,
)


def make_encoder(options: list[str]) -> None:
    """Install what the recipe needs, and follow it."""
    prepare(development=False)
    if not ENVIRONMENT.current(development=False):
        say("Installing torch for the recipe, several gigabytes, once.")
        ENVIRONMENT.folder.parent.mkdir(parents=True, exist_ok=True)
        ensure(ENVIRONMENT, development=False)
    say("Teaching the encoder; half an hour on two cores that do nothing else.")
    command = [str(ENVIRONMENT.python), "-m", "bot.encoder_recipe", *options]
    if subprocess.run(command, cwd=CHECKOUT, check=False).returncode:
        raise StepError("The recipe did not come to its end; what it said stands above.")
    vectors = [str(BOT.python), "-m", "bot.example_vectors"]
    if subprocess.run(vectors, cwd=CHECKOUT, check=False).returncode:
        raise StepError("The examples' vectors were not written; what was said stands above.")


if __name__ == "__main__":
    sys.exit(main_of(lambda: make_encoder(sys.argv[1:])))
