"""The customers whose talks are walked: one of the demo company for each way a talk can go."""

from collections.abc import Sequence
from dataclasses import dataclass

from offboard.proof.model import Move
from offboard.proof.moves import (
    ADDRESS,
    CANCEL,
    CANCELS_ON_PAGE,
    HOUR_PASSES,
    NO_CODE,
    PRICE_CHANGES,
)


@dataclass(frozen=True)
class Beginning:
    """A talk to begin with: whether the customer is signed in, and what they did before."""

    name: str
    signed_in: bool = True
    before: Sequence[Move] = ()
    """What went before the walk, so that what takes many turns is reached at all."""


@dataclass(frozen=True)
class Kind:
    """A kind of customer, and how far their talks are walked."""

    name: str
    customer: str
    """Who of sandbox/customers.py."""
    beginnings: tuple[Beginning, ...]
    meanwhile: tuple[Move, ...] = ()
    """What may happen outside of their talks."""
    drawn: bool = False
    """Whether the drawing of the dialogue shows what is particular to them."""
    carried: int = 0
    """How many things beside the way a talk may carry along and still be gone on from."""


_SIGNED_IN = Beginning("signed in")
_STRANGERS = (
    Beginning("not signed in", signed_in=False),
    Beginning(
        "not signed in, one try left",
        signed_in=False,
        before=(CANCEL, ADDRESS, NO_CODE, NO_CODE, NO_CODE, NO_CODE),
    ),
    Beginning(
        "not signed in, one code left",
        signed_in=False,
        before=(CANCEL, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
    ),
)

KINDS = (
    Kind("by the month", "maya-okafor", (_SIGNED_IN, *_STRANGERS), drawn=True),
    Kind("two plans", "sofia-lindqvist", (_SIGNED_IN,), drawn=True),
    Kind("a business", "elena-rossi", (_SIGNED_IN,)),
    Kind("on trial", "farah-nasser", (_SIGNED_IN,)),
    Kind("by the year", "jonas-whitfield", (_SIGNED_IN,), (PRICE_CHANGES,)),
    Kind("where offers are barred", "lena-vogt", (_SIGNED_IN,), (HOUR_PASSES,)),
    Kind("in their first days", "clara-lefebvre", (_SIGNED_IN,)),
    Kind("for free", "aiko-tanaka", (_SIGNED_IN,), (CANCELS_ON_PAGE,)),
    Kind("cancelled already", "tomas-moreno", (_SIGNED_IN,), drawn=True),
)
"""The longest walk first, so that the processes end at about the same time."""
