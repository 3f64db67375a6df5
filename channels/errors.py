"""What a conversation refuses, each with the sentence that its sender may see."""

from offboarding.errors import OffboardingError


class UnknownConversationError(OffboardingError):
    """There is no such conversation, or no longer."""

    word = "session_invalid"

    def __init__(self) -> None:
        super().__init__("This chat can't be opened any more. Please start a new one.")


class ConversationClosedError(OffboardingError):
    """A closed conversation takes no further message."""

    word = "conversation_closed"

    def __init__(self) -> None:
        super().__init__("This chat has ended. Please start a new one.")


class ConversationStateError(OffboardingError):
    """A conversation was asked to go where its transition table has no way."""

    word = "transition_not_allowed"


class EmptyMessageError(OffboardingError):
    """A message holds nothing that can be read."""

    word = "empty"

    def __init__(self) -> None:
        super().__init__("This message is empty. Please write a few words.")


class MessageTooLongError(OffboardingError):
    """A message is longer than one message may be."""

    word = "too_long"

    def __init__(self) -> None:
        super().__init__("This message is too long: 5,000 characters are the most for one.")


class UnknownQuickReplyError(OffboardingError):
    """The server never offered this quick reply in this conversation."""

    word = "unknown_quick_reply"

    def __init__(self) -> None:
        super().__init__("This button isn't known here. Please write what you need instead.")


class TooManyWaitingError(OffboardingError):
    """So many messages wait for an answer that further ones would only pile up."""

    word = "too_many_waiting"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("Your earlier messages are still being answered. Please wait a moment.")


class TooManyConversationsError(OffboardingError):
    """One address opens conversations faster than people do."""

    word = "too_many_conversations"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("Too many chats were opened from here. Please try again in a minute.")
        self.retry_after_seconds = retry_after_seconds
