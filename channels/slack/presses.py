"""What agents press on a card, each in one transaction with everything that follows from it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from channels.desk.service import Desk, hand_off_in_charge
from channels.slack.queue import thread_of, update_card
from channels.slack.threads import close_thread, has_unseen_words
from offboarding.database import Database
from offboarding.errors import OffboardingError
from offboarding.handoffs import claiming
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.model import Agent, HandOff


class CardNotThereError(OffboardingError):
    """There is no thread yet in which the agent could talk with the customer."""

    def __init__(self) -> None:
        super().__init__(
            "The card of this conversation is not in Slack yet, so you could not answer. "
            "Claim it as soon as it is there."
        )


Press = Callable[[Session, HandOff, Agent], None]


class Presses:
    """Every press names the hand-off by its identifier, from a card of ours, and the agent.

    Raises OffboardingErrors whose sentences are for the agent; then nothing was changed.
    """

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    def claim(
        self,
        hand_off_id: str,
        agent_id: str,
        full_name: str,
        pressed_ts: str,
        *,
        on_card: bool = True,
    ) -> None:
        """The agent takes the conversation; what they write after `pressed_ts` is for it.

        `pressed_ts` is by Slack's clock, as that of every message is. Where they did not press on
        the card, it has to be in Slack. Raises CardNotThereError.
        """
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, hand_off_id)
            thread = thread_of(session, hand_off.id)
            if thread is None or not (on_card or thread.ts):
                raise CardNotThereError
            if self._desk.claim(session, hand_off, remember_agent(session, agent_id, full_name)):
                thread.claimed_ts = pressed_ts
            update_card(session, thread)

    def hand_back(self, hand_off_id: str, agent_id: str, full_name: str) -> None:
        """The assistant goes on."""
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, hand_off_id)
            agent = remember_agent(session, agent_id, full_name)
            unseen = has_unseen_words(session, hand_off.id)
            self._desk.hand_back(session, hand_off, agent, unseen=unseen)
            close_thread(session, hand_off)

    def resolve(self, hand_off_id: str, agent_id: str, full_name: str) -> None:
        """It is settled."""
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, hand_off_id)
            agent = remember_agent(session, agent_id, full_name)
            unseen = has_unseen_words(session, hand_off.id)
            self._desk.resolve(session, hand_off, agent, unseen=unseen)
            close_thread(session, hand_off)

    def release(self, hand_off_id: str, agent_id: str, full_name: str) -> None:
        """Whoever claimed it can't go on: the team is asked again."""
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, hand_off_id)
            agent = remember_agent(session, agent_id, full_name)
            claiming.check_claimed_by(hand_off, agent)
            self._desk.release(session, hand_off)
            thread = thread_of(session, hand_off.id)
            if thread is not None:
                thread.claimed_ts = None
                update_card(session, thread)
