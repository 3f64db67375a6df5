"""All that the bot is taught here, checked in seconds: examples, rules and stories."""

from pathlib import Path

from offboard.examples import reading
from offboard.examples.checks import findings
from offboard.examples.exceptions import FILE, Exceptions
from offboard.examples.reading import Reading, Slip, compose
from offboard.examples.steps import read_known, step_slips
from offboarding.settings import REPOSITORY

EXAMPLES = REPOSITORY / "data" / "nlu"
TALKS = [REPOSITORY / "data" / name for name in ("rules", "stories")]
DOMAIN = REPOSITORY / "domain.yml"
CONFIGURATION = REPOSITORY / "config.yml"
TESTS = REPOSITORY / "tests"
TEST_SET = REPOSITORY / "bench" / "nlu" / "messages.jsonl"


def check_repository(
    data: list[Path] | None = None, against: list[Path] | None = None
) -> tuple[Reading, list[Slip]]:
    """The examples, and what is wrong with them and, unless others are named, with the rules.

    Raises ExamplesError for a file that can't be read at all.
    """
    examples = reading.read_examples(data or [EXAMPLES])
    outside = reading.read_outside(TESTS, TEST_SET, against or [])
    found = findings(examples, reading.domain_intents(DOMAIN), outside, Exceptions(FILE))
    if data is None:
        compose(CONFIGURATION)
        found += step_slips(TALKS, read_known(DOMAIN))
    return examples, found
