"""What a newcomer can let go wrong, in plain words: each a switch on the page."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.phone.faults import Fault, Faults
from sandbox.phone.network.model import Json


@dataclass(frozen=True)
class Difficulty:
    """A switch; it goes off by itself once what was planned has happened."""

    name: str
    says: str
    explains: str
    begin: Callable[[Faults], None]
    fault: Fault | None = None
    """None: senders have to wait their turn, until it is switched off."""
    code: int = 0

    def left(self, faults: Faults) -> int | None:
        """How often it will happen yet; None where that is not counted."""
        return None if self.fault is None else faults.left(self.fault, self.code)

    def is_on(self, faults: Faults) -> bool:
        """Whether it is switched on."""
        left = self.left(faults)
        return faults.limits_senders if left is None else left > 0

    def switch(self, faults: Faults, *, on: bool) -> None:
        """Switch it; what it is already changes nothing."""
        if on == self.is_on(faults):
            return
        if on:
            self.begin(faults)
        elif self.fault is None:
            faults.limit_senders(None)
        else:
            faults.end(self.fault, self.code)


GROUPS: tuple[tuple[str, tuple[Difficulty, ...]], ...] = (
    (
        "When the assistant sends",
        (
            Difficulty(
                "busy",
                "Twilio refuses the next 3 texts as too many",
                "Error 429: nothing was sent, and each has to be tried again later.",
                lambda faults: faults.limit(3),
                Fault.LIMIT,
            ),
            Difficulty(
                "silent",
                "Twilio takes the next text and never says so",
                "The text arrives, but the assistant can't know: sent again, it would come twice.",
                lambda faults: faults.hang(after=True),
                Fault.HANG_AFTER,
            ),
            Difficulty(
                "broken",
                "Twilio fails at the next 2 texts",
                "Error 500, before anything was sent.",
                lambda faults: faults.fail(2),
                Fault.FAIL,
            ),
            Difficulty(
                "slow",
                "One part of a text a second",
                "As fast as an ordinary American number may send. The rest waits in line.",
                lambda faults: faults.limit_senders(1.0),
            ),
        ),
    ),
    (
        "On the way to the phone",
        (
            Difficulty(
                "off",
                "The phone is off for the next 2 texts",
                "They end undelivered, error 30003.",
                lambda faults: faults.undeliverable(30003, 2),
                Fault.UNDELIVERABLE,
                30003,
            ),
            Difficulty(
                "gone",
                "The number is nobody's any more for the next 2 texts",
                "They end undelivered, error 30005.",
                lambda faults: faults.undeliverable(30005, 2),
                Fault.UNDELIVERABLE,
                30005,
            ),
            Difficulty(
                "crowded",
                "The network takes none of the next 2 texts",
                "This sender has sent too much for the moment, error 30022.",
                lambda faults: faults.undeliverable(30022, 2),
                Fault.UNDELIVERABLE,
                30022,
            ),
        ),
    ),
    (
        "What the assistant is told of its next 3 texts",
        (
            Difficulty(
                "doubled",
                "Every report comes twice",
                "Twilio promises no more than at least once.",
                lambda faults: faults.double_callbacks(3),
                Fault.DOUBLE_CALLBACKS,
            ),
            Difficulty(
                "backwards",
                "Reports come in the opposite order",
                "Delivered first, queued last.",
                lambda faults: faults.reverse_callbacks(3),
                Fault.REVERSE_CALLBACKS,
            ),
            Difficulty(
                "lost",
                "No report comes",
                "Then the assistant has to ask for itself.",
                lambda faults: faults.lose_callbacks(3),
                Fault.LOSE_CALLBACKS,
            ),
        ),
    ),
    (
        "When you write",
        (
            Difficulty(
                "twice",
                "Your next text reaches the assistant twice at once",
                "Both times as the same message, as when Twilio tries again.",
                lambda faults: faults.duplicate_texts(),
                Fault.DUPLICATE_TEXTS,
            ),
            Difficulty(
                "echo",
                "Your network sends your next text once more",
                "As another message, as if you had written it twice.",
                lambda faults: faults.repeat_texts(),
                Fault.REPEAT_TEXTS,
            ),
        ),
    ),
)
BY_NAME = {each.name: each for _, group in GROUPS for each in group}


def states(faults: Faults) -> Json:
    """Every switch by its name: whether it is on, and how often it will happen yet."""
    return {
        name: {"on": each.is_on(faults), "left": each.left(faults)}
        for name, each in BY_NAME.items()
    }
