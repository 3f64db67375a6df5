"""What the simulated customer has heard so far, and what the review will say of it."""

from pydantic import BaseModel

from offboarding.practice.rules import Occasion, Rule


class Notice(BaseModel):
    """One thing that a reply did well or not, noted when it was read."""

    rule: Rule
    met: bool
    because: str
    quote: str | None = None
    occasion: Occasion | None = None
    """What the customer reacts to; none: they do not mind, and the review does."""


class Progress(BaseModel):
    """Where a talk is. Kept with the run after each message."""

    beat: int = 0
    replies: int = 0
    slips: int = 0
    acknowledged: bool = False
    told: dict[str, str] = {}
    """Rows of the account sheet that were said, each with the sentence that did."""
    yes_asked: set[str] = set()
    """Deeds for which the yes was asked and the customer has not come to it yet."""
    agreed: set[str] = set()
    done: set[str] = set()
    offers: int = 0
    answered: set[int] = set()
    door_open: bool = False
    used: dict[str, int] = {}
    """How many lines of each kind were written, so that none comes twice while others are left."""
    silences: int = 0
