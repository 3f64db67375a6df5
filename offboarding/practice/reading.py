"""The folder practice/: its scenarios, read with care, and what they are held against."""

import re
from dataclasses import dataclass
from pathlib import Path

from offboarding.errors import NotFoundError, PolicyError
from offboarding.policies.reading import read_policy
from offboarding.practice.rules import Reactions, ReviewRules
from offboarding.practice.scenario import Scenario

_NAME = re.compile(r"[a-z0-9-]{1,64}")


class ScenarioUnknownError(NotFoundError):
    """No scenario has that name, or its file can't be used."""

    word = "scenario_unknown"


@dataclass(frozen=True)
class Scenarios:
    """What can be practised.

    `problems` has a sentence with file, line and mend for each scenario that can't be used; the
    others can be played meanwhile.
    """

    by_id: dict[str, Scenario]
    rules: ReviewRules
    reactions: Reactions
    problems: tuple[str, ...] = ()

    def get(self, scenario_id: str) -> Scenario:
        """The scenario of that name. Raises ScenarioUnknownError."""
        if scenario_id not in self.by_id:
            raise ScenarioUnknownError(
                f"There is no scenario named {scenario_id[:64]!r}. "
                f"Choose one of: {', '.join(self.by_id)}."
            )
        return self.by_id[scenario_id]


def load_scenarios(folder: Path) -> Scenarios:
    """All of practice/. Raises PolicyError when review.yml or reactions.yml can't be used."""
    rules = read_policy(folder / "review.yml", ReviewRules)
    reactions = read_policy(folder / "reactions.yml", Reactions)
    read: dict[str, Scenario] = {}
    problems = []
    for path in sorted((folder / "scenarios").glob("*.yml")):
        try:
            read[path.stem] = _read(path, rules)
        except PolicyError as error:
            problems.append(error.sentence)
    if not read and not problems:
        problems.append(f"{folder / 'scenarios'} has no scenario. Put a .yml file there.")
    return Scenarios(read, rules, reactions, tuple(problems))


def _read(path: Path, rules: ReviewRules) -> Scenario:
    if not _NAME.fullmatch(path.stem):
        raise PolicyError(
            f"{path} has a name that can't be used. Take small letters, digits and -: price.yml."
        )
    scenario = read_policy(path, Scenario)
    _check_deeds(path, scenario, rules)
    return scenario


def _check_deeds(path: Path, scenario: Scenario, rules: ReviewRules) -> None:
    """Deeds are named in another file, so that the scenario alone can't be checked for them."""
    known = {deed.name for deed in rules.deeds}
    named = scenario.may | {beat.deed for beat in scenario.beats}
    for name in sorted(named - known):
        line = _line_of(path, name)
        raise PolicyError(
            f"{path}, line {line}: review.yml has no deed `{name}`. "
            f"Use one of these, or add it there: {', '.join(sorted(known))}."
        )


def _line_of(path: Path, word: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    of_deeds = (number for number, line in enumerate(lines, 1) if word in line and _names(line))
    return next(of_deeds, 1)


def _names(line: str) -> bool:
    return "deed:" in line or line.startswith("may:")
