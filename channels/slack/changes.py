"""What a card rests on that changes while nobody presses anything: who they are, cases, offers."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.slack.facts import sure_until
from channels.slack.model import SlackThread
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases.model import Case
from offboarding.handoffs.model import HandOff
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
    shown = open_ones if which is None else sa.and_(open_ones, which)
    threads = session.execute(
        sa.select(SlackThread.hand_off_id, VerifiedIdentity.customer_id, VerifiedIdentity.lapses_at)
        .outerjoin(
            VerifiedIdentity, VerifiedIdentity.conversation_id == SlackThread.conversation_id
        )
        .where(shown)
    ).all()
    cases = _cases(session, shown) if threads else {}
    return {
        thread.hand_off_id: (
            thread.customer_id,
            sure_until(thread.lapses_at),
            tuple(cases.get(thread.hand_off_id, ())),
        )
        for thread in threads
    }


def _cases(session: Session, shown: sa.ColumnElement[bool]) -> Mapping[str, Sequence[Hashable]]:
    """By hand-off the cases of the customer's account with their offers, wherever they go on."""
    speaker = sa.func.coalesce(VerifiedIdentity.customer_id, HandOff.customer_id)
    found = session.execute(
        sa.select(
            SlackThread.hand_off_id,
            Case.id,
            Case.conversation_id,
            Case.state,
            Case.reason,
            Offer.id,
            Offer.answer,
        )
        .join(HandOff, HandOff.id == SlackThread.hand_off_id)
        .outerjoin(
            VerifiedIdentity, VerifiedIdentity.conversation_id == SlackThread.conversation_id
        )
        .join(Customer, Customer.id == speaker)
        .join(Subscription, Subscription.account_id == Customer.account_id)
        .join(Case, Case.subscription_id == Subscription.id)
        .outerjoin(Offer, Offer.case_id == Case.id)
        .where(shown)
        .order_by(Case.id, Offer.id)
    )
    by_hand_off: defaultdict[str, list[Hashable]] = defaultdict(list)
    for hand_off_id, *rest in found:
        by_hand_off[hand_off_id].append(tuple(rest))
    return by_hand_off
