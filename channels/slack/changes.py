"""What a card rests on that changes while nobody presses anything: who they are, cases, offers."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.slack.facts import sure_until
from channels.slack.model import SlackThread
from offboarding.cases.model import Case
from offboarding.identity.model import VerifiedIdentity
from offboarding.offers.model import Offer

Grounds = Mapping[str, Hashable]
"""What each open thread's card rests on, by hand-off."""


class Changes:
    """Knows which cards say what is not so any more.

    A customer signs in, or is silent until it is not sure any more who they are; on a page they
    cancel. Nobody tells the desk, so that it compares what open threads' cards rest on with what
    it was: two queries, however many are open.
    """

    def __init__(self) -> None:
        self._shown: dict[str, Hashable] = {}

    def look(self, session: Session) -> Grounds:
        """What has changed since it was shown, or was never seen: after a start, everything."""
        now, shown = _grounds(session), self._shown
        for closed in shown.keys() - now.keys():
            shown.pop(closed, None)
        return {each: now[each] for each in now if each not in shown or shown[each] != now[each]}

    def note_begun(self, session: Session, hand_off_id: str) -> None:
        """The thread begins, and its card is about to say what is so now."""
        grounds = _grounds(session, SlackThread.hand_off_id == hand_off_id)
        for each, shown in grounds.items():
            self.note_shown(each, shown)

    def note_shown(self, hand_off_id: str, grounds: Hashable) -> None:
        """The card is about to be shown anew."""
        self._shown[hand_off_id] = grounds


def _grounds(session: Session, which: sa.ColumnElement[bool] | None = None) -> Grounds:
    open_ones = SlackThread.closed_at.is_(None)
    threads = session.execute(
        sa.select(
            SlackThread.hand_off_id,
            SlackThread.conversation_id,
            VerifiedIdentity.customer_id,
            VerifiedIdentity.lapses_at,
        )
        .outerjoin(
            VerifiedIdentity, VerifiedIdentity.conversation_id == SlackThread.conversation_id
        )
        .where(open_ones if which is None else sa.and_(open_ones, which))
    ).all()
    cases = _cases(session) if threads else {}
    return {
        thread.hand_off_id: (
            thread.customer_id,
            sure_until(thread.lapses_at),
            tuple(cases.get(thread.conversation_id, ())),
        )
        for thread in threads
    }


def _cases(session: Session) -> Mapping[str, Sequence[Hashable]]:
    """By conversation its cases, with their offers."""
    found = session.execute(
        sa.select(Case.conversation_id, Case.id, Case.state, Case.reason, Offer.id, Offer.answer)
        .join(SlackThread, SlackThread.conversation_id == Case.conversation_id)
        .outerjoin(Offer, Offer.case_id == Case.id)
        .where(SlackThread.closed_at.is_(None))
        .order_by(Case.id, Offer.id)
    )
    by_conversation: defaultdict[str, list[Hashable]] = defaultdict(list)
    for conversation_id, *rest in found:
        by_conversation[conversation_id].append(tuple(rest))
    return by_conversation
