"""Notices in writing, of people who did not sign in: what came in, and whether a person saw to it.

Nothing follows from one by itself, but it counts from the moment it came in: see
`offboarding.handoffs.declaring`. So whoever looks after cases has to see each, also where the mail
about it was lost. Beside them stand the withdrawals that were heard in talks: their moment counts,
too, and what was only heard as one has to be taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.accounts.model import normalised_email
from offboarding.accounts.service import addresses_on_file
from offboarding.audit import service as audit
from offboarding.cases.model import number_from
from offboarding.encryption.keyring import Keyring
from offboarding.handoffs import claiming, declared
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declared import (
    FROM_PAGES,
    declared_rows,
    is_declaration,
)
from offboarding.handoffs.declaring import DECLARED_KINDS
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import OPEN
from offboarding.handoffs.withdrawals import is_withdrawal, may_count
from offboarding.receipts.model import Declaration

MOST_OPEN = 500
MOST_SEEN_TO = 50
MOST_LOOKED_AT = 5_000
"""Of those to be seen to, in one look; so many made-up ones hide none of an address on file."""
_IN_TALK = sa.not_(HandOff.conversation_id.startswith(FROM_PAGES))
_OF_KNOWN_FIRST = (HandOff.customer_id.is_(None), HandOff.requested_at.desc())


@dataclass(frozen=True)
class WrittenNotice:
    """A notice, what it declares, and whether the address that was given is a customer's.

    The address proves nothing: anybody can type it. In a talk it is also on file where they have
    shown who they are.
    """

    hand_off: HandOff
    kind: str
    on_file: bool

    @property
    def in_talk(self) -> bool:
        """Whether it was heard in a talk; whoever has that talk at the desk sees to it."""
        return not is_declaration(self.hand_off)

    @property
    def withdraws(self) -> bool:
        """Whether it is a withdrawal, which counts for what is paid back."""
        return self.hand_off.cause is HandOffCause.WITHDRAWAL


@dataclass(frozen=True)
class WrittenNotices:
    """Those to be seen to, of addresses on file first, then the oldest; some that were, the newest.

    `more` is whether there are others to be seen to. `in_talks` are the withdrawals heard in talks
    that can still count: first of those who showed who they are, then the newest.
    """

    to_do: Sequence[WrittenNotice]
    seen_to: Sequence[WrittenNotice]
    more: bool
    in_talks: Sequence[WrittenNotice]


def notices(session: Session) -> WrittenNotices:
    """All that wait for a person, as far as a page can hold them, and the last that do not."""
    from_pages = sa.select(HandOff).where(HandOff.conversation_id.startswith(FROM_PAGES))
    still_open = from_pages.where(HandOff.state.in_(list(OPEN))).order_by(HandOff.requested_at)
    over = from_pages.where(HandOff.state.not_in(list(OPEN)))
    newest = over.order_by(HandOff.ended_at.desc(), HandOff.id)
    heard = sa.select(HandOff).where(_IN_TALK, may_count()).order_by(*_OF_KNOWN_FIRST)
    found = _read(session, still_open.limit(MOST_LOOKED_AT + 1))
    waiting = _declared(session, found[:MOST_LOOKED_AT])
    waiting.sort(key=lambda notice: not notice.on_file)
    return WrittenNotices(
        to_do=waiting[:MOST_OPEN],
        seen_to=_declared(session, _read(session, newest.limit(MOST_SEEN_TO))),
        more=len(waiting) > MOST_OPEN or len(found) > MOST_LOOKED_AT,
        in_talks=_heard(session, _read(session, heard.limit(MOST_OPEN))),
    )


def find(session: Session, number: str) -> WrittenNotice | None:
    """The notice of this number, if there is one, and it was not erased."""
    numbered = sa.select(HandOff).where(HandOff.number == number_from(number))
    declarations = _declared(session, _read(session, numbered))
    if not declarations:
        heard = numbered.where(_IN_TALK, is_withdrawal())
        declarations = _heard(session, _read(session, heard))
    return next(iter(declarations), None)


def see_to(session: Session, notice: WrittenNotice, *, by: str) -> bool:
    """Note that a person did what follows from it; False when that was noted before."""
    return claiming.settle(session, notice.hand_off, by=by)


def take_back(session: Session, notice: WrittenNotice, *, by: str) -> bool:
    """Note that it was not meant, or was taken back; False when that was noted before.

    It counts no more for what is paid back, and waits for nobody, unless a team of the desk was
    asked to come: that is ended there. That somebody has only answered is another thing: what came
    in in time counts until it is carried out.
    """
    if notice.hand_off.team is None:
        claiming.settle(session, notice.hand_off, by=by)
    return declared.take_back(session, notice.hand_off, by=by)


def seen_to_by(session: Session, notice: WrittenNotice) -> str:
    """The mark of who noted it, as the audit log has it; empty where nobody did."""
    for entry in audit.entries(session, notice.hand_off.conversation_id):
        if entry.event == claiming.SETTLED:
            return str(entry.details.get("by", ""))
    return ""


def taken_back_by(session: Session, notice: WrittenNotice) -> str:
    """The mark of who noted that it was taken back, or not meant; empty where nobody did."""
    return declared.taken_back_by(session, notice.hand_off) or ""


def _read(session: Session, wanted: sa.Select[HandOff]) -> Sequence[HandOff]:
    owners = session.scalars(wanted.with_only_columns(HandOff.conversation_id))
    Keyring.of(session.get_bind().dialect).fetch(set(owners))
    return session.scalars(wanted).all()


def _heard(session: Session, found: Sequence[HandOff]) -> list[WrittenNotice]:
    """Withdrawals out of talks. Whoever showed there who they are is a customer."""
    on_file = addresses_on_file(session, [each.contact_email or "" for each in found])
    kind = DECLARED_KINDS[Declaration.WITHDRAWAL]
    return [
        WrittenNotice(
            hand_off=each,
            kind=kind,
            on_file=each.customer_id is not None
            or normalised_email(each.contact_email or "") in on_file,
        )
        for each in found
    ]


def _declared(session: Session, found: Sequence[HandOff]) -> list[WrittenNotice]:
    """Without other requests from a page, and without what was erased."""
    declarations = [each for each in found if is_declaration(each)]
    on_file = addresses_on_file(session, [each.contact_email or "" for each in declarations])
    return [
        WrittenNotice(
            hand_off=each,
            kind=declared_rows(each)[0][1],
            on_file=normalised_email(each.contact_email or "") in on_file,
        )
        for each in declarations
    ]
