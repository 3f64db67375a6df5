"""A visit to the pages: a signed cookie that holds nothing but the visit's number."""

import uuid
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from channels.pages import entries
from channels.pages.errors import EntryGoneError, FormRefusedError, IdentityNeededError
from channels.pages.model import conversation_of
from offboarding.accounts.model import Customer
from offboarding.identity import service as identity
from offboarding.identity.model import VerifiedIdentity
from offboarding.settings import Settings

_PREFIX: Final = "page-"


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page or sends a form.

    `customer` is None until it is sure who this is. `conversation_id` is what a case or a request
    for a person is noted under: the conversation the visit came from, else the visit.
    `opened` is the note of a link from a chat that was opened and not used yet, or empty.
    """

    visit_id: str
    customer: Customer | None
    conversation_id: str
    opened: str = ""

    @property
    def known(self) -> Customer:
        """The customer. Raises IdentityNeededError when it is not sure who this is."""
        if self.customer is None:
            raise IdentityNeededError
        return self.customer


class Visits:
    """Reads and sets the cookie, and ties every form to its visit."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secure = settings.base_url.startswith("https://")
        # The prefix makes browsers refuse a cookie that another host of the domain planted.
        self._cookie = "__Host-offboarding-visit" if self._secure else "offboarding-visit"
        self._cookies = URLSafeSerializer(settings.signing_secret, salt="page-visit")
        self._forms = URLSafeSerializer(settings.signing_secret, salt="page-form")

    def begin(self) -> Visitor:
        """A new visit by somebody not known yet."""
        visit_id = _new_visit_id()
        return Visitor(visit_id, None, visit_id)

    def looking(self, session: Session, request: Request) -> Visitor:
        """Who opens a page or has sent a form; a new visit without a good cookie."""
        visit_id = self._visit_id(request)
        if visit_id is None:
            return self.begin()
        customer = identity.identified_customer(session, visit_id)
        return Visitor(visit_id, customer, conversation_of(session, visit_id))

    def accept(self, session: Session, request: Request, form_token: str, opened: str) -> None:
        """Take a form in. Raises FormRefusedError unless it is a form of this very visit.

        A form that carries the note of an opened link uses that link up; see `entries`.
        """
        visit_id = self._visit_id(request)
        if visit_id is None or _loaded(self._forms, form_token) != visit_id:
            raise FormRefusedError
        if opened:
            entries.use(session, opened, visit_id, self._settings)

    def opening(self, session: Session, token: str) -> Visitor:
        """Who opens a link from a chat: always a new visit, and nothing is used up.

        Raises EntryGoneError, NotFoundError, and IdentityNeededError when the conversation is
        not sure who it is with.
        """
        entry = entries.read_link(token, self._settings)
        if entries.used_by(session, entry) is not None:
            raise EntryGoneError
        customer = entries.known_customer(session, entry)
        if customer is None:
            raise IdentityNeededError
        visit_id = _new_visit_id()
        opened = entries.note_opened(entry, visit_id, self._settings)
        return Visitor(visit_id, customer, entry.conversation_id, opened)

    def used_by_this_visit(self, session: Session, request: Request, token: str) -> bool:
        """Whether the link was used by the very visit that opens it again (a reload, a Back)."""
        entry = entries.read_link(token, self._settings)
        user = entries.used_by(session, entry)
        return user is not None and user == self._visit_id(request)

    def signed_in(self, session: Session, visitor: Visitor) -> Visitor:
        """The visitor under a new number, now that it is sure who this is.

        Whoever planted the old cookie (session fixation) is left with a visit that knows nobody.
        """
        visit_id = _new_visit_id()
        identity.hand_over(session, visitor.visit_id, visit_id, self._settings)
        old = session.get(VerifiedIdentity, visitor.visit_id)
        if old is not None:
            session.delete(old)
        customer = identity.identified_customer(session, visit_id)
        return Visitor(visit_id, customer, visit_id)

    def form_token(self, visitor: Visitor) -> str:
        """What every form of this visit carries, and no other site can know."""
        return str(self._forms.dumps(visitor.visit_id))

    def remember(self, response: Response, visitor: Visitor) -> None:
        """Have the browser keep the visit until it is closed."""
        response.set_cookie(
            self._cookie,
            str(self._cookies.dumps(visitor.visit_id)),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )

    def _visit_id(self, request: Request) -> str | None:
        return _loaded(self._cookies, request.cookies.get(self._cookie, ""))


def _new_visit_id() -> str:
    """`page-` and 31 hexadecimal digits: an identifier has at most 36 characters."""
    return _PREFIX + uuid.uuid4().hex[:31]


def _loaded(signer: URLSafeSerializer, token: str) -> str | None:
    try:
        value = signer.loads(token)
    except BadSignature:
        return None
    return value if isinstance(value, str) else None
