"""Logging what went wrong without what the customer said."""

import traceback
from pathlib import PurePath

MOST_FRAMES = 6
"""The most places named for one error, innermost last."""


def describe(error: BaseException) -> dict[str, str]:
    """The error's kind and where it arose.

    Its own words are left out: a database error, for one, quotes the texts that were to be kept.
    """
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    places = (f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    return {"error": type(error).__name__, "at": " > ".join(places)}
