"""Taking in what customers text: once each, keywords before language, all in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from channels.conversations.cleaning import cleaned
from channels.conversations.inbox import Inbound
from channels.conversations.messages import record
from channels.conversations.model import Author, Conversation, Message, QuickReply
from channels.conversations.service import Preferences, hold, open_conversation
from channels.conversations.state import ConversationState
from channels.errors import TooManyWaitingError
from channels.gateway import Gateway
from channels.sms.choices import chosen_among
from channels.sms.keywords import Keyword, KeywordKind, keyword_of
from channels.sms.lines import hold_line, put_out, send_what_waits_for_morning
from channels.sms.model import SmsLine, SmsPost, SmsReceived
from channels.sms.new_numbers import NewNumbers
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
SURELY_REPEATED_WITHIN = timedelta(seconds=3)
"""So fast nobody gets our answer, reads it and writes the same once more."""
REPEATED_WITHIN = timedelta(seconds=15)
"""Networks deliver a text twice under different numbers; a person does not write so fast again."""
READ_AFTER = timedelta(seconds=2)
"""Sooner after a text of ours went out nobody has got, read and answered it."""

MOST_AN_HOUR = 60
"""Texts of one phone that are answered in an hour; nobody who talks with us writes as many, but a
phone that answers each of ours by itself would."""
CONFIRMED_WITHIN = timedelta(minutes=5)
"""So soon after an opt-out its one confirmation may go (47 CFR 64.1200(a)(12)), and no later."""

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
        new_numbers: NewNumbers,
    ) -> None:
        self._new_numbers = new_numbers
        self._database = database
        self._gateway = gateway
        self._background = background
        self._say = say

    def take(self, text: ReceivedText) -> bool:
        """Take a text in, once for its number; whether it is new. Blocks."""
        try:
            return self._take_once(text)
        except (IntegrityError, OperationalError):
            # Another transaction was in the way, that of the same webhook perhaps. Twilio comes
            # again only where nobody answers at all, so it is tried again here.
            return self._take_once(text)

    def _take_once(self, text: ReceivedText) -> bool:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            return self._take(session, text)

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
                received_at=text.written_at or clock.now(),
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
        if keyword is not None and _newer_is_known(arrival):
            # It was looked up long after: what they wrote since says whether texts are welcome.
            return self._note_words(arrival)
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
            self._new_numbers.give_turn(session, line)
            words = self._say(OPTED_OUT)
            put_out(session, line, words, key, after_opt_out=True, good_for=CONFIRMED_WITHIN)

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
            hour = clock.now().replace(minute=0, second=0, microsecond=0)
            key = f"{HELP}:{arrival.line.id}:{hour.isoformat()}"
            self._put_out(arrival, HELP, key)

    def _decline(self, arrival: _Arrival, unreadable: Unreadable) -> None:
        """Say what we cannot read, once a day for each kind, for machines write such things too."""
        if not arrival.text.number.startswith(_ANSWERABLE):
            return
        key = f"declined:{unreadable}:{arrival.line.id}:{clock.now().date()}"
        self._put_out(arrival, DECLINED[unreadable], key)

    def _hear(self, arrival: _Arrival) -> None:
        """Words for the assistant, or for whoever answers now."""
        session, line, text = arrival.session, arrival.line, arrival.text
        if line.opted_out_at is not None:
            # They write but want no texts: whatever was said to that, they would not hear it.
            self._note_words(arrival)
            return could_not_be_told(session, line)
        if _received_lately(session, line) > MOST_AN_HOUR:
            self._note_words(arrival)
            return self._ask_to_wait(arrival)
        self._new_numbers.give_turn(session, line)
        conversation_id = self._conversation(arrival)
        read = _read_through(session, line, text.written_at or clock.now())
        inbound = Inbound(
            CHANNEL,
            text.message_sid,
            cleaned(text.body),
            quick_reply_id=_choice(session, line, text.body, read),
            overtaken=_said_since(session, line, read),
        )
        self._hand_in(arrival, inbound, conversation_id)
        if text.media:
            self._decline(arrival, Unreadable.MEDIA)
        return None

    def _hand_in(
        self, arrival: _Arrival, inbound: Inbound, conversation_id: str | None = None
    ) -> None:
        conversation_id = conversation_id or self._conversation(arrival)
        try:
            self._gateway.take(arrival.session, conversation_id, inbound)
        except TooManyWaitingError:
            self._ask_to_wait(arrival)

    def _ask_to_wait(self, arrival: _Arrival) -> None:
        """Once an hour; a person who writes so much is told, and a machine not fed."""
        hour = clock.now().replace(minute=0, second=0, microsecond=0)
        key = f"wait:{arrival.line.id}:{hour.isoformat()}"
        self._put_out(arrival, WAIT, key)

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
        self._put_out(arrival, response, f"{response}:{arrival.text.message_sid}")

    def _put_out(self, arrival: _Arrival, response: str, key: str) -> None:
        self._new_numbers.give_turn(arrival.session, arrival.line)
        put_out(arrival.session, arrival.line, self._say(response), key)


def _newer_is_known(arrival: _Arrival) -> bool:
    """Whether something they wrote after this one was taken in before it."""
    if arrival.text.written_at is None:
        return False
    newer = sa.select(SmsReceived.message_sid).where(
        SmsReceived.line_id == arrival.line.id,
        SmsReceived.received_at > arrival.text.written_at,
    )
    return arrival.session.scalar(newer.limit(1)) is not None


def _goes_on(session: Session, line: SmsLine) -> str | None:
    """The line's talk, unless it has ended or is too old to be meant."""
    if line.conversation_id is None:
        return None
    conversation = session.get(Conversation, line.conversation_id)
    if conversation is None or conversation.state is ConversationState.CLOSED:
        return None
    recent = conversation.last_activity_at > clock.now() - GOES_ON_WITHIN
    unsettled = intents.open_intent_of(session, conversation.id) is not None
    if recent or unsettled or handoffs.open_hand_off(session, conversation.id) is not None:
        return conversation.id
    return None


def _repeats(session: Session, line: SmsLine, text: ReceivedText) -> bool:
    """Whether it is the text before once more, which a network delivered twice.

    After the first seconds only where nothing of ours was on its way since: who writes the same
    again may answer that, and an answer is never left without a word. What they cannot have read
    yet, they agree to by nothing (`_said_since`).
    """
    moment = text.written_at or clock.now()
    last = session.scalar(
        sa.select(SmsReceived)
        .where(SmsReceived.line_id == line.id, SmsReceived.repeats.is_(False))
        .order_by(SmsReceived.received_at.desc())
        .limit(1)
    )
    if last is None or last.digest != text.digest or last.received_at < moment - REPEATED_WITHIN:
        return False
    if last.received_at >= moment - SURELY_REPEATED_WITHIN:
        return True
    answered = sa.select(SmsPost.position).where(
        SmsPost.line_id == line.id, SmsPost.begun_at > last.received_at
    )
    return session.scalar(answered.limit(1)) is None


def _received_lately(session: Session, line: SmsLine) -> int:
    """How many texts of the last hour this is."""
    counted = sa.select(sa.func.count()).where(
        SmsReceived.line_id == line.id, SmsReceived.received_at > clock.now() - timedelta(hours=1)
    )
    return session.scalar(counted) or 0


def _read_through(session: Session, line: SmsLine, written_at: datetime) -> int:
    """Up to which message of the talk they may have read what we said, when they wrote."""
    read = sa.select(sa.func.max(SmsPost.through)).where(
        SmsPost.line_id == line.id,
        SmsPost.conversation_id == line.conversation_id,
        SmsPost.accepted_at <= written_at - READ_AFTER,
    )
    return session.scalar(read) or 0


def _said_since(session: Session, line: SmsLine, read: int) -> bool:
    """Whether more was said to them than they can have read: they agree to none of that."""
    more = sa.select(Message.sequence).where(
        Message.conversation_id == line.conversation_id,
        Message.author != Author.CUSTOMER,
        Message.sequence > read,
    )
    return session.scalar(more.limit(1)) is not None


def _choice(session: Session, line: SmsLine, body: str, read: int) -> str | None:
    """The quick reply that a number stands for: of the newest question they have read, or None."""
    newest = (
        sa.select(sa.func.max(QuickReply.message_sequence))
        .where(
            QuickReply.conversation_id == line.conversation_id,
            QuickReply.message_sequence <= read,
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
