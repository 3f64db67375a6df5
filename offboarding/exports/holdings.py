"""What a copy of one's data holds and what not, in the words of chat, page, mail and archive."""

from offboarding.policies.exports import ExportPolicy
from offboarding.settings import Settings


def parts_text(policy: ExportPolicy) -> str:
    """The names of its parts: "profile, subscriptions and receipts"."""
    *names, last = [source.name for source in policy.sources]
    return f"{', '.join(names)} and {last}" if names else last


def beyond_text(settings: Settings) -> str:
    """That nothing else is in it, and where content is downloaded."""
    place = settings.content_place
    if place is None:
        return "Nothing else is in it; a person can help you get what you made yourself."
    return f"Nothing else is in it; what you made yourself is downloaded at {place}."
