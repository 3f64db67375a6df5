"""What happens in a conversation when an agent acts: one transaction for hand-off and talk."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Author, Conversation
from channels.conversations.outgoing import Outgoing
from channels.conversations.state import ConversationState
from channels.desk.attendance import is_unread
from channels.desk.verified import leavable
from channels.gateway import Gateway
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.handoffs import claiming, waiting
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.errors import HandOffEndedError
from offboarding.handoffs.model import Agent, HandOff
from offboarding.handoffs.routing import shown_name
from offboarding.handoffs.teams import team_of
from offboarding.identity import service as identity
from offboarding.offers import by_agent
from offboarding.policies.store import Policies

JOINED = "utter_person_joined"
LEFT = "utter_person_left"
LEFT_WAITING = "utter_person_left_waiting"
LEFT_SILENT = "utter_person_left_silent"
RESOLVED = "utter_person_resolved"
LAST_WORDS = "utter_last_words_unread"
NOBODY_YET = "utter_nobody_yet"
NOBODY_YET_NO_ADDRESS = "utter_nobody_yet_no_address"
UNREACHABLE = "utter_desk_unreachable"
UNREACHABLE_NO_ADDRESS = "utter_desk_unreachable_no_address"
CANCELLING_NEEDS_NOBODY = "utter_label_cancelling_needs_nobody"

RESPONSES: Mapping[str, tuple[str, ...]] = {
    JOINED: ("agent",),
    LEFT: ("agent",),
    LEFT_WAITING: ("agent",),
    LEFT_SILENT: ("agent",),
    LAST_WORDS: ("agent",),
    RESOLVED: ("agent",),
    NOBODY_YET: ("number", "answer_to", "cancelling"),
    NOBODY_YET_NO_ADDRESS: ("number", "cancelling"),
    UNREACHABLE: ("number", "answer_to", "cancelling"),
    UNREACHABLE_NO_ADDRESS: ("number", "cancelling"),
    CANCELLING_NEEDS_NOBODY: (),
}
"""What is said of agents, each a response of domain.yml, and the values each is given."""

CANCEL = "/cancel"
"""The button that leads to cancelling, left out where all is cancelled."""
HANDED_BACK_INTENT = "person_handed_back"
RESOLVED_INTENT = "person_resolved"


class Desk:
    """Carries what agents do into the conversation. Whoever calls it commits."""

    def __init__(self, gateway: Gateway, policies: Policies) -> None:
        self._gateway = gateway
        self._policies = policies

    def claim(self, session: Session, hand_off: HandOff, agent: Agent) -> bool:
        """The agent takes the conversation, and the customer is told; False when it was theirs.

        From here on the assistant is silent. Raises AlreadyClaimedError or HandOffEndedError.
        """
        if not claiming.claim(session, hand_off, agent):
            return False
        self._gateway.change_state(session, hand_off.conversation_id, ConversationState.HUMAN)
        self._notice(session, hand_off, JOINED, self.name(hand_off, agent))
        return True

    def reply(self, session: Session, hand_off: HandOff, agent: Agent, text: str, key: str) -> int:
        """The agent's words to the customer, once for their key; the message's number.

        Raises NotClaimedByYouError or HandOffEndedError: then they reach nobody.
        """
        claiming.check_claimed_by(hand_off, agent)
        return self._gateway.say_as_agent(
            session, hand_off.conversation_id, text, self.name(hand_off, agent), key
        )

    def hand_back(
        self, session: Session, hand_off: HandOff, agent: Agent, *, unseen: bool = False
    ) -> None:
        """The assistant goes on where it was. Raises as `claiming.hand_back`.

        `unseen`: the customer wrote something that the agent could not see.
        """
        claiming.hand_back(session, hand_off, agent)
        unread = is_unread(session, hand_off, unseen=unseen)
        self._return(session, hand_off, agent, (LEFT, HANDED_BACK_INTENT), unread=unread)

    def resolve(
        self, session: Session, hand_off: HandOff, agent: Agent, *, unseen: bool = False
    ) -> None:
        """It is settled; the assistant closes the talk. Raises as `claiming.resolve`.

        `unseen` as with `hand_back`.
        """
        claiming.resolve(session, hand_off, agent)
        unread = is_unread(session, hand_off, unseen=unseen)
        self._return(session, hand_off, agent, (RESOLVED, RESOLVED_INTENT), unread=unread)

    def release(self, session: Session, hand_off: HandOff, *, silent: bool = False) -> None:
        """Who claimed it can't go on: the team is asked again, and the customer is told.

        `silent`: they were there and did not answer. Harmless when nobody has it. Raises
        HandOffEndedError.
        """
        agent, since = hand_off.agent, hand_off.claimed_at
        if agent is None:
            return
        claiming.release(session, hand_off, self._policies.routing)
        self._gateway.change_state(session, hand_off.conversation_id, ConversationState.WAITING)
        if not silent:  # who thinks about an offer has not lost it because the agent waits for that
            by_agent.withdraw_all(session, hand_off)
        response = LEFT_SILENT if silent else LEFT_WAITING
        self._notice(session, hand_off, response, self.name(hand_off, agent), since)
        if hand_off.claim_due_at is None:  # nobody of the team is there any more
            handoffs.mail_support(session, hand_off, anew=True)

    def tell_unanswered(self, session: Session, hand_off: HandOff) -> bool:
        """The promised time is over: the truth, a mail to support, and the ways on without them.

        Whether that was so; harmless a second time.
        """
        if not waiting.note_unanswered(session, hand_off):
            return False
        handoffs.mail_support(session, hand_off)
        self._tell_nobody_comes(session, hand_off, NOBODY_YET, NOBODY_YET_NO_ADDRESS)
        return True

    def tell_unreachable(self, session: Session, hand_off: HandOff, *, lasting: bool) -> bool:
        """Agents cannot be reached: support is mailed, and who waits is told; harmless again.

        Where that is lasting, nobody can talk with the customer: the assistant answers again.
        Whether anything was said.
        """
        handoffs.mail_support(session, hand_off)
        released = lasting and hand_off.agent is not None
        if released:
            self.release(session, hand_off)
        unanswered = waiting.note_unanswered(session, hand_off, at_once=True)
        if unanswered:
            self._tell_nobody_comes(session, hand_off, UNREACHABLE, UNREACHABLE_NO_ADDRESS)
        return released or unanswered

    def tell_gone(self, session: Session, hand_off: HandOff) -> None:
        """No desk is connected any more, whatever was promised; harmless again."""
        handoffs.mail_support(session, hand_off)
        if hand_off.agent is not None:
            self.release(session, hand_off)
        if waiting.note_unanswered(session, hand_off, whatever_was_promised=True):
            self._tell_nobody_comes(session, hand_off, UNREACHABLE, UNREACHABLE_NO_ADDRESS)

    def _tell_nobody_comes(
        self, session: Session, hand_off: HandOff, response: str, without_address: str
    ) -> None:
        answer_to = handoffs.answer_to(session, hand_off)
        can_cancel = _has_something_to_cancel(session, hand_off)
        texts = self._gateway.texts
        values = {
            "number": hand_off.number,
            "cancelling": texts.say(CANCELLING_NEEDS_NOBODY).text if can_cancel else "",
            **({"answer_to": answer_to} if answer_to else {}),
        }
        conversation = session.get_one(Conversation, hand_off.conversation_id)
        name = response if answer_to else without_address
        said = texts.say(name, values, conversation.channel)
        self._gateway.say_prepared(
            session,
            conversation.id,
            Outgoing(
                said.text.strip(),
                tuple(each for each in said.buttons if can_cancel or each.payload != CANCEL),
            ),
            f"nobody_yet:{hand_off.id}:{hand_off.claim_due_at}",
            author=Author.BOT,
        )

    def name(self, hand_off: HandOff, agent: Agent) -> str:
        """How customers know this agent."""
        policy = self._policies.routing
        return shown_name(policy, agent.full_name, team_of(policy, hand_off.team))

    def _return(
        self,
        session: Session,
        hand_off: HandOff,
        agent: Agent,
        said: tuple[str, str],
        *,
        unread: bool,
    ) -> None:
        conversation_id, (response, intent) = hand_off.conversation_id, said
        self._gateway.change_state(session, conversation_id, ConversationState.BOT)
        by_agent.withdraw_all(session, hand_off)
        name = self.name(hand_off, agent)
        sequence = self._notice(session, hand_off, response, name)
        if unread:  # neither of us has heard it, and a yes in it was not meant for us
            sequence = self._notice(session, hand_off, LAST_WORDS, name)
        self._gateway.hand_to_assistant(
            session, conversation_id, sequence, intent, f"{intent}:{hand_off.id}"
        )

    def _notice(
        self,
        session: Session,
        hand_off: HandOff,
        response: str,
        agent: str,
        since: datetime | None = None,
    ) -> int:
        """Said once for each time that somebody claimed it."""
        key = f"{response}:{hand_off.id}:{since or hand_off.claimed_at}"
        return self._gateway.post_notice(
            session,
            hand_off.conversation_id,
            response,
            {"agent": agent},
            key,
            author=Author.SYSTEM,
        )


def _has_something_to_cancel(session: Session, hand_off: HandOff) -> bool:
    """Of a stranger that is not known, so that they can always try.

    What was cancelled in this conversation is not brought up again, whatever else they have.
    A hand-off from before they said who they are does not name them.
    """
    customer = (
        session.get_one(Customer, hand_off.customer_id)
        if hand_off.customer_id
        else identity.identified_customer(session, hand_off.conversation_id)
    )
    if cases.is_cancelled_in_conversation(session, hand_off.conversation_id, customer):
        return False
    return customer is None or bool(leavable(session, customer))


def hand_off_in_charge(session: Session, hand_off_id: str) -> HandOff:
    """The hand-off, its row held until the commit. Raises HandOffEndedError when there is none.

    Its key stays free (FOR NO KEY UPDATE): whoever writes rows that name the hand-off, as the
    thread's posts do, does not wait for it, and so never waits in a circle.
    """
    hand_off = session.scalar(
        sa.select(HandOff)
        .where(HandOff.id == hand_off_id)
        .with_for_update(of=HandOff, key_share=True)
        .execution_options(populate_existing=True)
    )
    if hand_off is None:
        raise HandOffEndedError
    return hand_off
