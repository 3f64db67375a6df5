"""What the stand-in answers when it refuses, and what it says to a test that asks nonsense."""

from typing import Any

from offboarding.errors import OffboardingError


class SlackRefusal(Exception):  # noqa: N818 (Slack's answer, not a failure of ours)
    """A call that Slack would answer with `"ok": false`."""

    def __init__(self, word: str, **more: Any) -> None:
        super().__init__(word)
        self.answer: dict[str, Any] = {"ok": False, "error": word, **more}


class DriverError(OffboardingError):
    """An agent can't do this: there is no such button, channel, message or field."""

    word = "slack_driver"


class AppDidNotAnswerError(DriverError):
    """The app did not take within three seconds what somebody did."""

    word = "slack_app_did_not_answer"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The app did not take this ({reason}). Look at its log.")
        self.reason = reason
