"""Coming from a conversation, or from a mail, to the cancel page without identifying again.

The link opens the page that says what will happen at once: a page in between, with nothing but a
button, would be one more step on the way out. So the GET has to be harmless, for mail scanners and
browsers that fetch ahead open links too:

* It changes nothing and uses nothing up. It shows plan, dates and amounts, no name and no address,
  for five minutes after the link was made, to whoever holds the link.
* It begins a new visit, known to that browser's cookie only, and puts a signed note into the
  page's forms: "this visit opened this link". The note stays good while the page is being read.
* The first form that is sent uses the link up: only then the visit takes over the conversation's
  identity. Another visit that holds the same link can do nothing from then on.

A scanner sends no form, so it uses nothing up; somebody who steals a used link gets nothing.

A link that was mailed to the address on file proves as much as a code that was: who reads it there
is the customer it was made for. It can be opened for days, and goes on in the conversation that the
mail is about.
"""

from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from channels.pages.errors import EntryGoneError
from channels.pages.model import PageEntry
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.database import new_identifier
from offboarding.errors import NotFoundError
from offboarding.identity import service as identity
from offboarding.settings import Settings

LINK_SECONDS = 5 * 60
"""How long a link from a conversation can be opened."""
MAILED_LINK_DAYS = 7


@dataclass(frozen=True)
class Entry:
    """A link from a conversation: its own number, and the conversation."""

    id: str
    conversation_id: str
    mailed_to: str | None = None
    """The customer to whose address on file it was mailed; None for a link in a conversation."""


def cancel_page_link(settings: Settings) -> Callable[[str], str]:
    """A maker of links to the cancel page, one for each conversation id it is given.

    Making a link writes nothing, so that it may be made anew whenever it is shown.
    """
    signer = _link_signer(settings)

    def link(conversation_id: str) -> str:
        token = signer.dumps([new_identifier(), conversation_id])
        return f"{settings.base_url}/cancel/enter/{token}"

    return link


def mailed_page_link(entry: Entry, settings: Settings, *, undo: bool = False) -> str:
    """The link of an entry that goes to the address on file of the customer it names.

    With `undo` it leads to the undoing of a cancellation.
    The same entry gives a link to the same, however often its mail is written anew.
    """
    token = _mail_signer(settings).dumps([entry.id, entry.conversation_id, entry.mailed_to])
    return f"{settings.base_url}/cancel/enter/{token}{'?undo=yes' if undo else ''}"


def read_link(token: str, settings: Settings) -> Entry:
    """The link a token was made for. Raises EntryGoneError or, forged, NotFoundError."""
    days = 24 * 60 * 60
    try:
        try:
            return Entry(*_link_signer(settings).loads(token, max_age=LINK_SECONDS))
        except SignatureExpired:
            raise
        except BadSignature:
            mailed = _mail_signer(settings)
            return Entry(*mailed.loads(token, max_age=MAILED_LINK_DAYS * days))
    except SignatureExpired as error:
        raise EntryGoneError from error
    except BadSignature as error:
        raise NotFoundError("This link leads nowhere.") from error


def note_opened(entry: Entry, visit_id: str, settings: Settings) -> str:
    """The signed note that a visit opened a link; it goes into the page's forms."""
    opened = [entry.id, entry.conversation_id, entry.mailed_to, visit_id]
    return _note_signer(settings).dumps(opened)


def known_customer(session: Session, entry: Entry) -> Customer | None:
    """Whom the link's conversation is with, if that is sure now, or whom it was mailed to."""
    if entry.mailed_to is not None:
        return session.get(Customer, entry.mailed_to)
    return identity.identified_customer(session, entry.conversation_id)


def used_by(session: Session, entry: Entry) -> str | None:
    """The visit that used a link, if any did."""
    used = session.get(PageEntry, entry.id)
    return used.visit_id if used is not None else None


def use(session: Session, note: str, visit_id: str, settings: Settings) -> None:
    """Use a link up for a visit: from here on it knows whom the conversation knew.

    Used before by the same visit, it changes nothing. Raises EntryGoneError when the note is not
    this visit's or too old, another visit used the link, or the conversation is no longer sure.
    """
    entry = _read_note(note, visit_id, settings)
    user = used_by(session, entry)
    if user is None:
        if known_customer(session, entry) is None:
            raise EntryGoneError
        user = _claim(session, entry, visit_id, settings)
    if user != visit_id:
        raise EntryGoneError


def _claim(session: Session, entry: Entry, visit_id: str, settings: Settings) -> str | None:
    """Take the link for this visit, unless another is faster; the visit that has it then."""
    try:
        with session.begin_nested():
            session.add(
                PageEntry(
                    id=entry.id,
                    conversation_id=entry.conversation_id,
                    visit_id=visit_id,
                    used_at=clock.now(),
                )
            )
    except IntegrityError:
        return used_by(session, entry)
    if entry.mailed_to is not None:
        identity.identify_by_mailed_link(session, visit_id, entry.mailed_to, settings)
    else:
        identity.hand_over(session, entry.conversation_id, visit_id, settings)
    return visit_id


def _read_note(note: str, visit_id: str, settings: Settings) -> Entry:
    try:
        entry_id, conversation_id, mailed_to, opened_by = _note_signer(settings).loads(
            note, max_age=settings.identity_minutes * 60
        )
    except BadSignature as error:  # SignatureExpired is one too
        raise EntryGoneError from error
    if opened_by != visit_id:
        raise EntryGoneError
    return Entry(entry_id, conversation_id, mailed_to)


def _link_signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_secret, salt="page-entry")


def _mail_signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_secret, salt="page-entry-mailed")


def _note_signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_secret, salt="page-entry-opened")
