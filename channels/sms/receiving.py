"""Taking in what customers text: once each, keywords before language, all in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from channels.conversations.cleaning import cleaned
from channels.conversations.inbox import Inbound
from channels.conversations.messages import record
from channels.conversations.model import Author, Conversation, QuickReply
from channels.conversations.service import Preferences, hold, open_conversation
from channels.conversations.state import ConversationState
from channels.errors import TooManyWaitingError
from channels.gateway import Gateway
from channels.sms.choices import chosen_among
from channels.sms.keywords import Keyword, KeywordKind, keyword_of
from channels.sms.lines import hold_line, put_out, send_what_waits_for_morning
from channels.sms.model import SmsLine, SmsPost, SmsReceived
from channels.sms.opting_out import opt_in, opt_out
from channels.sms.received import ReceivedText, Unreadable
from channels.sms.switching import could_not_be_told
from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.cases import intents
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.identity import service as identity

_LOG = structlog.get_logger(__name__)

CHANNEL = "sms"

GOES_ON_WITHIN = timedelta(days=7)
"""People answer texts days later; what is older than this is a new talk."""
REPEATED_WITHIN = timedelta(seconds=15)
"""Networks deliver a text twice under different numbers; a person does not write so fast again."""
READ_AFTER = timedelta(seconds=2)
"""Sooner after a text of ours went out nobody has got, read and answered it."""

HELP = "utter_sms_help"
OPTED_OUT = "utter_sms_opted_out"
OPTED_IN = "utter_sms_opted_in"
WAIT = "utter_sms_wait"
DECLINED = {
    Unreadable.MEDIA: "utter_sms_words_only",
    Unreadable.EMPTY: "utter_sms_empty",
    Unreadable.GROUP: "utter_sms_group",
    Unreadable.NO_PHONE: "utter_sms_no_phone",
}
RESPONSES = (HELP, OPTED_OUT, OPTED_IN, WAIT, *DECLINED.values())
"""What is said to a phone and not in a talk; each a response of domain.yml."""

_ANSWERABLE = ("+", "whatsapp:", "rcs:", "messenger:")
"""How those begin who can be answered at all; a name or a short code cannot."""


@dataclass(frozen=True)
class _Arrival:
    """A text that is being taken in, with its line held."""

    session: Session
    line: SmsLine
    text: ReceivedText


class Receiving:
    """Takes texts in. `say(response)` gives the words of a response for SMS."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        background: BackgroundEngine,
        say: Callable[[str], str],
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._background = background
        self._say = say

    def take(self, text: ReceivedText) -> bool:
        """Take a text in, once for its number; whether it is new. Blocks."""
        try:
            with self._database.write() as session:
                wake_after_commit(session, self._background)
                return self._take(session, text)
        except IntegrityError:
            # The same webhook came twice at once and the other one was first.
            with self._database.read() as session:
                if session.get(SmsReceived, text.message_sid) is None:
                    raise
            return False

    def _take(self, session: Session, text: ReceivedText) -> bool:
        line = hold_line(session, text.number, text.sender)
        if session.get(SmsReceived, text.message_sid) is not None:
            return False
        repeats = _repeats(session, line, text)
        session.add(
            SmsReceived(
                message_sid=text.message_sid,
                line_id=line.id,
                digest=text.digest,
                repeats=repeats,
                received_at=clock.now(),
            )
        )
        session.flush()
        send_what_waits_for_morning(session, line)
        if repeats:
            _LOG.info("sms_repeated", message_sid=text.message_sid)
        else:
            self._understand(_Arrival(session, line, text))
        return True

    def _understand(self, arrival: _Arrival) -> None:
        line, text = arrival.line, arrival.text
        keyword = keyword_of(text.body, text.opt_out_type or None)
        match keyword.kind if keyword is not None else None:
            case KeywordKind.OPT_OUT if keyword is not None:
                return self._opt_out(arrival, keyword)
            case KeywordKind.OPT_IN if line.opted_out_at is not None:
                return self._opt_in(arrival)
            case KeywordKind.HELP:
                return self._help(arrival)
        unreadable = text.unreadable
        if unreadable is not None:
            return self._decline(arrival, unreadable)
        return self._hear(arrival)

    def _opt_out(self, arrival: _Arrival, keyword: Keyword) -> None:
        """It is respected, whatever else it means; the talk has it too, for whoever reads it."""
        session, line, text = arrival.session, arrival.line, arrival.text
        self._note_words(arrival)
        twilio_confirms = keyword.carrier_acts or bool(text.opt_out_type)
        if opt_out(session, line, keyword) and not twilio_confirms:
            key = f"opted_out:{text.message_sid}"
            put_out(session, line, self._say(OPTED_OUT), key, after_opt_out=True)

    def _opt_in(self, arrival: _Arrival) -> None:
        """Texts are welcome again, and what they wanted before is taken up."""
        session, line, text = arrival.session, arrival.line, arrival.text
        opt_in(session, line)
        self._post(arrival, OPTED_IN)
        if line.conversation_id is not None and intents.settle(session, line.conversation_id):
            self._hand_in(arrival, Inbound(CHANNEL, text.message_sid, text.body, intent="cancel"))

    def _help(self, arrival: _Arrival) -> None:
        """Who we are, how else to reach us, how to stop; Twilio may have said it already."""
        if not arrival.text.opt_out_type:
            self._post(arrival, HELP)

    def _decline(self, arrival: _Arrival, unreadable: Unreadable) -> None:
        """Say what we cannot read, once a day for each kind, for machines write such things too."""
        if not arrival.text.number.startswith(_ANSWERABLE):
            return
        key = f"declined:{unreadable}:{arrival.line.id}:{clock.now().date()}"
        put_out(arrival.session, arrival.line, self._say(DECLINED[unreadable]), key)

    def _hear(self, arrival: _Arrival) -> None:
        """Words for the assistant, or for whoever answers now."""
        session, line, text = arrival.session, arrival.line, arrival.text
        if line.opted_out_at is not None:
            # They write but want no texts: whatever was said to that, they would not hear it.
            self._note_words(arrival)
            return could_not_be_told(session, line)
        conversation_id = self._conversation(arrival)
        choice = _choice(session, line, text.body)
        self._hand_in(
            arrival,
            Inbound(CHANNEL, text.message_sid, cleaned(text.body), quick_reply_id=choice),
            conversation_id,
        )
        if text.media:
            self._decline(arrival, Unreadable.MEDIA)
        return None

    def _hand_in(
        self, arrival: _Arrival, inbound: Inbound, conversation_id: str | None = None
    ) -> None:
        session, line = arrival.session, arrival.line
        conversation_id = conversation_id or self._conversation(arrival)
        try:
            self._gateway.take(session, conversation_id, inbound)
        except TooManyWaitingError:
            minute = clock.now().replace(second=0, microsecond=0)
            put_out(session, line, self._say(WAIT), f"wait:{line.id}:{minute}")

    def _note_words(self, arrival: _Arrival) -> None:
        """Keep what they wrote in the talk, begun if there is none, for nobody to answer."""
        session, line = arrival.session, arrival.line
        conversation_id = self._conversation(arrival, silently=True)
        words = cleaned(arrival.text.body)
        sequence = record(
            session, hold(session, conversation_id), author=Author.CUSTOMER, text=words
        )
        if line.sent_through == sequence - 1:
            line.sent_through = sequence
        session.flush()

    def _conversation(self, arrival: _Arrival, *, silently: bool = False) -> str:
        """The talk that goes on over this line, or a new one; `silently` without a welcome."""
        session, line = arrival.session, arrival.line
        known = _goes_on(session, line)
        if known is not None:
            return known
        if silently:
            begun = open_conversation(session, CHANNEL, Preferences()).id
        else:
            begun = self._gateway.open_within(session, Preferences(), CHANNEL)
        line.conversation_id, line.sent_through = begun, 0
        session.flush()
        identity.note_number(session, begun, line.number)
        return begun

    def _post(self, arrival: _Arrival, response: str) -> None:
        key = f"{response}:{arrival.text.message_sid}"
        put_out(arrival.session, arrival.line, self._say(response), key)


def _goes_on(session: Session, line: SmsLine) -> str | None:
    """The line's talk, unless it has ended or is too old to be meant."""
    if line.conversation_id is None:
        return None
    conversation = session.get(Conversation, line.conversation_id)
    if conversation is None or conversation.state is ConversationState.CLOSED:
        return None
    recent = conversation.last_activity_at > clock.now() - GOES_ON_WITHIN
    if recent or handoffs.open_hand_off(session, conversation.id) is not None:
        return conversation.id
    return None


def _repeats(session: Session, line: SmsLine, text: ReceivedText) -> bool:
    """Whether it is the text before once more, which a network delivered twice.

    Who writes the same again answers what they have read meanwhile; so it counts, unless nothing
    of ours can have been read since.
    """
    moment = clock.now()
    last = session.scalar(
        sa.select(SmsReceived)
        .where(SmsReceived.line_id == line.id, SmsReceived.repeats.is_(False))
        .order_by(SmsReceived.received_at.desc())
        .limit(1)
    )
    if last is None or last.digest != text.digest or last.received_at < moment - REPEATED_WITHIN:
        return False
    read = sa.select(SmsPost.position).where(
        SmsPost.line_id == line.id,
        SmsPost.accepted_at > last.received_at,
        SmsPost.accepted_at <= moment - READ_AFTER,
    )
    return session.scalar(read.limit(1)) is None


def _choice(session: Session, line: SmsLine, body: str) -> str | None:
    """The quick reply that a number stands for: of the newest question that was sent, or None."""
    newest = (
        sa.select(sa.func.max(QuickReply.message_sequence))
        .where(
            QuickReply.conversation_id == line.conversation_id,
            QuickReply.message_sequence <= line.sent_through,
        )
        .scalar_subquery()
    )
    offered = session.execute(
        sa.select(QuickReply.id, QuickReply.title)
        .where(
            QuickReply.conversation_id == line.conversation_id,
            QuickReply.message_sequence == newest,
        )
        .order_by(QuickReply.position)
    ).all()
    number = chosen_among(body, [each.title for each in offered]) if offered else None
    return offered[number - 1].id if number is not None else None
