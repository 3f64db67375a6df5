"""What the rules have to know of this house: what is said often, and what fills the values."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from offboarding.policies.reading import PolicyModel, read_policy

FILE = Path(__file__).with_name("house.yml")


class Often(PolicyModel):
    """Responses that one customer may hear more than once, and why."""

    because: str
    responses: Sequence[str]


class House(PolicyModel):
    """The content of house.yml."""

    said_often: Sequence[Often]
    says_machine: Sequence[str]
    in_other_languages: Sequence[str]
    sms_may_leave_out: Mapping[str, str]
    values: Mapping[str, str]
    intents: frozenset[str] = frozenset()
    """What domain.yml lists, so what a button can mean; taken from there."""

    @property
    def often(self) -> Mapping[str, str]:
        """Each response that is said often, and why it counts as such."""
        return {name: group.because for group in self.said_often for name in group.responses}

    def is_english(self, name: str) -> bool:
        """Whether what English readers find easy can be measured in a response."""
        return not any(fnmatch(name, pattern) for pattern in self.in_other_languages)


def read_house(path: Path = FILE) -> House:
    """The house of a file. Raises PolicyError, which names the line."""
    return read_policy(path, House)
