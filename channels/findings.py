"""What was found when a connection to a vendor was looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is good, and if not, the mend."""

    subject: str
    good: bool
    sentence: str
