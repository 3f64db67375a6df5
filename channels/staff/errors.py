"""What the staff pages refuse, each with the words its reader sees. Nothing was changed."""

from channels.pages.errors import PageError

SIGN_IN = "/staff/sign-in"


class SignInNeededError(PageError):
    """Nobody is signed in, or not any more; the reader is taken to the sign-in."""

    status = 403
    heading = "Please sign in"

    def __init__(self) -> None:
        super().__init__("You are not signed in, or not any more. Nothing was changed.")

    def leads_to(self, *, was_sent: bool) -> str:
        """To the field for the address."""
        return f"{SIGN_IN}?again=yes" if was_sent else SIGN_IN


class StaffFormRefusedError(PageError):
    """A form that did not come from our page, or from one of an earlier sign-in."""

    status = 403
    heading = "Please open the page again"

    def __init__(self) -> None:
        super().__init__(
            "This form belongs to an earlier sign-in, or your browser keeps no cookies for this "
            "site; the page needs one. Nothing was changed."
        )


class LinkRefusedError(PageError):
    """A link to sign in that can't be used, or not here."""

    status = 410
    heading = "This link signs nobody in"


class InsightsOnlyError(PageError):
    """A page about cases, asked for by somebody who reads the insights and nothing else."""

    status = 403
    heading = "This is for those who look after cases"

    def __init__(self) -> None:
        super().__init__(
            "With your address you read why customers leave, and see no case of anybody. Nothing "
            "was changed."
        )
