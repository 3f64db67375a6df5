"""What a text takes on its way, counted by the application's own exact counter."""

from dataclasses import dataclass

from channels.sms.segments import Encoding, outside, segmentation

_NAMES = {Encoding.GSM7: "GSM-7", Encoding.UCS2: "UCS-2"}


@dataclass(frozen=True)
class Length:
    """In how many parts it is sent, and in which alphabet."""

    segments: int
    alphabet: str


def measured(body: str) -> Length:
    """The number of parts, and the alphabet that all of it fits in."""
    counted = segmentation(body)
    return Length(counted.segments, _NAMES[counted.encoding])


def dear_letters(body: str) -> list[str]:
    """What makes a text take more than twice the room, each once; nothing where GSM-7 has all."""
    return outside(body)
