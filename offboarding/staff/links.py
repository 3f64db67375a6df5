"""Signing in by a link that is mailed: asked for in a browser, and good in that browser alone.

Nothing tells whether an address may sign in: for one that may not, the same is written and the same
task scheduled, which then finds nobody to mail. The link is made from the signing secret whenever
it is mailed, so that none is stored; it counts once and for minutes.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.service import schedule
from offboarding.database import hold_alone
from offboarding.errors import OffboardingError
from offboarding.identity.service import checked_email
from offboarding.links import LinkTokens
from offboarding.settings import Settings
from offboarding.staff import members, sessions
from offboarding.staff.model import StaffSession, StaffSignIn

LINK_MINUTES = 10
"""How long a link counts."""
LINKS_FROM_ONE_BROWSER = 5
"""Links asked for in one browser in an hour at most."""
LINKS_TO_ONE_ADDRESS = 20
"""Links mailed to one address in an hour at most. More than one browser may ask for, so that a
stranger who types somebody's address does not at once keep them from getting their own."""
_KEPT = timedelta(days=1)
"""How long it is known that a link was asked for."""
MAIL = "mail.staff_sign_in"
"""The kind of the task that mails a link; its subject is the row of the asking."""


class TooManyLinksError(OffboardingError):
    """So many links were asked for that none is mailed for now."""

    word = "too_many_links"

    def __init__(self) -> None:
        super().__init__("So many links were asked for that none is mailed for an hour.")


class LinkGoneError(OffboardingError):
    """A link that was used, is too old, or whose address may not sign in any more."""

    word = "link_gone"

    def __init__(self) -> None:
        super().__init__(
            f"It was used, or it is older than {LINK_MINUTES} minutes. Ask for a new one."
        )


class OtherBrowserError(OffboardingError):
    """A link that another browser asked for."""

    word = "other_browser"

    def __init__(self) -> None:
        super().__init__(
            "A link works in the browser in which it was asked for, so that nobody else can use "
            "it. Open it there, or ask for a new one here."
        )


def ask(session: Session, address: str, browser: str, settings: Settings) -> None:
    """Have a link mailed, if this address may sign in; nothing tells whether.

    Raises EmailInvalidError, TooManyLinksError.
    """
    asked_of = _address_mark(checked_email(address), settings)
    hold_alone(session, f"staff-sign-in:{asked_of}")
    moment = clock.now()
    session.execute(sa.delete(StaffSignIn).where(StaffSignIn.asked_at < moment - _KEPT))
    here = _asked(session, moment, StaffSignIn.browser_mark == _browser_mark(browser))
    there = _asked(session, moment, StaffSignIn.address_mark == asked_of)
    if here >= LINKS_FROM_ONE_BROWSER or there >= LINKS_TO_ONE_ADDRESS:
        raise TooManyLinksError
    asked = StaffSignIn(
        address_mark=asked_of,
        browser_mark=_browser_mark(browser),
        asked_at=moment,
        expires_at=moment + timedelta(minutes=LINK_MINUTES),
    )
    session.add(asked)
    session.flush()
    schedule(session, MAIL, asked.id)


def to_mail(session: Session, sign_in_id: str, settings: Settings) -> tuple[str, str] | None:
    """The address a link goes to, and the link; None when it goes to nobody."""
    asked = session.get(StaffSignIn, sign_in_id)
    address = _address(asked, settings) if asked is not None and _usable(asked) else None
    if address is None:
        return None
    token = _tokens(settings).token(sign_in_id)
    return address, f"{settings.base_url}/staff/enter/{token}"


def look(session: Session, token: str, browser: str, settings: Settings) -> None:
    """Whether a link could be used now, without using it: programs that read mail open links too.

    Raises NotFoundError when it was not made here, OtherBrowserError, LinkGoneError.
    """
    asked = _find(session, token, browser, settings)
    if not _usable(asked) or _address(asked, settings) is None:
        raise LinkGoneError


def enter(session: Session, token: str, browser: str, settings: Settings) -> StaffSession:
    """Use a link up, and sign in. Raises as `look` does, and changes nothing then."""
    asked = _find(session, token, browser, settings)
    address = _address(asked, settings)
    moment = clock.now()
    # Compares and sets in the database: of two presses in the same instant one signs in.
    used = session.execute(
        sa.update(StaffSignIn)
        .where(
            StaffSignIn.id == asked.id,
            StaffSignIn.used_at.is_(None),
            StaffSignIn.expires_at > moment,
        )
        .values(used_at=moment)
        .execution_options(synchronize_session=False)
        .returning(StaffSignIn.id)
    ).all()
    if not used or address is None:
        raise LinkGoneError
    return sessions.begin(session, members.remember(session, address))


def _find(session: Session, token: str, browser: str, settings: Settings) -> StaffSignIn:
    found = _tokens(settings).find(session, StaffSignIn.id, token)
    asked = session.get_one(StaffSignIn, found)
    if not hmac.compare_digest(asked.browser_mark, _browser_mark(browser)):
        raise OtherBrowserError
    return asked


def _usable(asked: StaffSignIn) -> bool:
    return asked.used_at is None and asked.expires_at > clock.now()


def _address(asked: StaffSignIn, settings: Settings) -> str | None:
    """The address of the list that was typed in, if it is on the list now."""
    for address in settings.may_sign_in:
        if hmac.compare_digest(_address_mark(address, settings), asked.address_mark):
            return address
    return None


def _asked(session: Session, moment: datetime, of: sa.ColumnElement[bool]) -> int:
    """How many links were asked for in the last hour."""
    counted = sa.select(sa.func.count()).select_from(StaffSignIn)
    since = StaffSignIn.asked_at > moment - timedelta(hours=1)
    return session.scalar(counted.where(since, of)) or 0


def _address_mark(address: str, settings: Settings) -> str:
    words = f"staff-address:{address}".encode()
    return hmac.new(settings.signing_secret.encode(), words, hashlib.sha256).hexdigest()


def _browser_mark(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()


def _tokens(settings: Settings) -> LinkTokens:
    return LinkTokens(settings.signing_secret, "staff-sign-in")
