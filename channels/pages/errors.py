"""What a page refuses, each with the words its reader sees. Nothing was changed in any of them."""

from enum import Enum


class Way(Enum):
    """Where a page of an error leads on: what its button says, and the address."""

    TO_CANCEL = ("To the cancel page", "/cancel")
    TO_UNDO = ("Undo a cancellation", "/cancel?undo=yes")
    TO_CHECK = ("Choose another file", "/receipts/verify")


class PageError(Exception):
    """A request that a page cannot do; shown as a page of its own with a way on."""

    status = 400
    heading = "That didn't work"
    way_on = Way.TO_CANCEL

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def leads_to(self, *, was_sent: bool) -> str:  # noqa: ARG002 (for those that lead somewhere)
        """Where the reader is taken instead of reading it; empty for nowhere.

        `was_sent` is whether they had sent a form.
        """
        return ""


class FormRefusedError(PageError):
    """A form that did not come from our page, or from one of an earlier visit."""

    status = 403
    heading = "Please open the page again"

    def __init__(self) -> None:
        super().__init__(
            "This form belongs to an earlier visit, or your browser keeps no cookies for this "
            "site; the page needs one, for the time of your visit. Nothing was changed."
        )


class EntryGoneError(PageError):
    """A link from a chat or a mail that was used, or not opened in time."""

    status = 410
    heading = "This link has done its work"

    def __init__(self) -> None:
        super().__init__(
            "A link from a chat or a mail works once and for a while. Nothing was changed just "
            "now. You can go on here with your e-mail address."
        )


class TooManyFormsError(PageError):
    """More forms from one address than a person fills in."""

    status = 429
    heading = "One moment"

    def __init__(self) -> None:
        super().__init__(
            "So many forms came from your network that we take no more for a minute. Nothing was "
            "changed."
        )


class BodyTooLargeError(PageError):
    """A form larger than any of ours."""

    status = 413

    def __init__(self) -> None:
        super().__init__("That was more than this page can take. Nothing was changed.")


class ReceiptTooLargeError(BodyTooLargeError):
    """More than any receipt; it was not looked at."""

    heading = "This is no receipt"
    way_on = Way.TO_CHECK

    def __init__(self) -> None:
        PageError.__init__(self, "It is larger than any receipt of ours, so it was not looked at.")


class IdentityNeededError(PageError):
    """Who this is has to be made sure of, for the first time or again."""

    status = 403
    heading = "Please identify yourself"

    def __init__(self) -> None:
        super().__init__("We have to make sure that it's you. Nothing was changed.")

    def leads_to(self, *, was_sent: bool) -> str:
        """To the field for the address."""
        return "/cancel?again=yes" if was_sent else "/cancel"
