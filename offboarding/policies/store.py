"""The policies in force: read at the start, read again when a file changes."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import structlog

from offboarding.errors import PolicyError
from offboarding.policies.exports import ExportPolicy
from offboarding.policies.reading import PolicyModel, read_policy
from offboarding.policies.refunds import RefundPolicy
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.rules import OfferPolicy, RetentionPolicy
from offboarding.policies.systems import SystemsPolicy

log = structlog.get_logger(__name__)
Model = TypeVar("Model", bound=PolicyModel)


@dataclass
class _PolicyFile(Generic[Model]):
    """One file, the last good policy read from it, and what is wrong with it now."""

    path: Path
    model: type[Model]
    policy: Model
    stamp: tuple[int, int]
    problem: str | None = None

    def refresh(self) -> None:
        """Read the file again if it changed; a mistake keeps the last good policy in force."""
        stamp = _stamp(self.path)
        if stamp == self.stamp:
            return
        self.stamp = stamp
        try:
            self.policy = read_policy(self.path, self.model)
            self.problem = None
            log.info("policy_loaded", file=self.path.name)
        except PolicyError as error:
            self.problem = error.sentence
            log.error("policy_refused", problem=error.sentence)  # noqa: TRY400 (no trace is needed)


class Policies:
    """The policies of one folder. Raises PolicyError when one is not usable at the start."""

    def __init__(self, folder: Path) -> None:
        self._lock = Lock()
        self._offers = _opened(folder / "offers.yml", OfferPolicy)
        self._retention = _opened(folder / "retention.yml", RetentionPolicy)
        self._routing = _opened(folder / "routing.yml", RoutingPolicy)
        self._exports = _opened(folder / "exports.yml", ExportPolicy)
        self._systems = _opened(folder / "systems.yml", SystemsPolicy)
        self._refunds = _opened(folder / "refunds.yml", RefundPolicy)
        self._files = (
            self._offers,
            self._retention,
            self._routing,
            self._exports,
            self._systems,
            self._refunds,
        )

    @property
    def offers(self) -> OfferPolicy:
        """What may be offered to whom."""
        return self._in_force(self._offers)

    @property
    def retention(self) -> RetentionPolicy:
        """What is kept after the end, and for how long."""
        return self._in_force(self._retention)

    @property
    def routing(self) -> RoutingPolicy:
        """Who a hand-off goes to, when somebody is there, and what agents may offer."""
        return self._in_force(self._routing)

    @property
    def exports(self) -> ExportPolicy:
        """What a copy of a customer's data holds, and how often it may be downloaded."""
        return self._in_force(self._exports)

    @property
    def systems(self) -> SystemsPolicy:
        """Which systems of the company are told that access ends."""
        return self._in_force(self._systems)

    @property
    def refunds(self) -> RefundPolicy:
        """Who is paid back what when a cancellation is confirmed."""
        return self._in_force(self._refunds)

    def problems(self) -> list[str]:
        """A sentence for each file that was changed and can't be used; the old one is in force."""
        with self._lock:
            for file in self._files:
                file.refresh()
            return [file.problem for file in self._files if file.problem is not None]

    def _in_force(self, file: _PolicyFile[Model]) -> Model:
        with self._lock:
            file.refresh()
            return file.policy


def _opened(path: Path, model: type[Model]) -> _PolicyFile[Model]:
    stamp = _stamp(path)
    return _PolicyFile(path, model, read_policy(path, model), stamp)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
