"""The truth of a talk: numbers without gaps, states by one table."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.conversations import inbox, messages, service
from channels.conversations.inbox import Inbound
from channels.conversations.model import Author, Inbox, Message
from channels.conversations.outgoing import Intent, parse_payload
from channels.conversations.service import Preferences
from channels.conversations.state import TRANSITIONS, ConversationState
from channels.errors import ConversationClosedError, ConversationStateError
from offboarding.database import Database

THREADS = 8
EACH = 12


def test_numbers_have_no_gap_and_no_double_under_eight_threads(database: Database) -> None:
    conversation_id = _opened(database)

    def write(thread: int) -> list[int]:
        return [_said(database, conversation_id, thread, number) for number in range(EACH)]

    with ThreadPoolExecutor(THREADS) as threads:
        taken = sorted(
            number for numbers in threads.map(write, range(THREADS)) for number in numbers
        )
    assert taken == list(range(1, THREADS * EACH + 1))
    with database.read() as session:
        kept = session.scalars(
            sa.select(Message.sequence)
            .where(Message.conversation_id == conversation_id)
            .order_by(Message.sequence)
        ).all()
    assert kept == taken


def test_the_same_outer_id_from_eight_threads_is_taken_once(database: Database) -> None:
    conversation_id = _opened(database)

    def receive(_thread: int) -> int:
        with database.write() as session:
            return inbox.receive(session, conversation_id, Inbound("web", "same", "hello")).sequence

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(receive, range(THREADS))) == {1}
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Inbox)) == 1


def test_a_transaction_undone_leaves_no_gap(database: Database) -> None:
    conversation_id = _opened(database)
    with database.write() as session:
        conversation = service.hold(session, conversation_id)
        messages.record(session, conversation, author=Author.CUSTOMER, text="never said")
        session.rollback()
    assert _said(database, conversation_id, 0, 0) == 1


def test_a_turn_is_settled_once(database: Database) -> None:
    conversation_id = _opened(database)
    with database.write() as session:
        inbox.receive(session, conversation_id, Inbound("web", "outer", "hello"))
        turn = inbox.next_turn(session, conversation_id)
        assert turn is not None
    with database.write() as session:
        assert inbox.settle(session, turn) is not None
    with database.write() as session:
        assert inbox.settle(session, turn) is None


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wanted=st.lists(st.sampled_from(list(ConversationState)), max_size=12))
def test_a_conversation_moves_by_the_table_only(
    database: Database, wanted: list[ConversationState]
) -> None:
    conversation_id = _opened(database)
    present = ConversationState.BOT
    for state in wanted:
        if state == present or state in TRANSITIONS[present]:
            with database.write() as session:
                assert service.move(session, conversation_id, state) == (state != present)
            present = state
        else:
            with pytest.raises(ConversationStateError), database.write() as session:
                service.move(session, conversation_id, state)
        _takes_messages_as_the_state_says(database, conversation_id, present)


def test_every_state_can_be_reached_and_only_closed_is_an_end() -> None:
    assert set(TRANSITIONS) == set(ConversationState)
    assert frozenset().union(*TRANSITIONS.values()) == frozenset(ConversationState)
    assert [state for state, ways in TRANSITIONS.items() if not ways] == [ConversationState.CLOSED]


def test_a_payload_is_an_intent_and_its_entities() -> None:
    assert parse_payload("/affirm") == Intent("affirm", {})
    assert parse_payload('/affirm{"option": "2"}') == Intent("affirm", {"option": "2"})
    for wrong in ("affirm", "", "/", "/affirm{", "/affirm {}", "/affirm{'a': 1}", '/a"b"'):
        with pytest.raises(ValueError, match=r"."):
            parse_payload(wrong)


def _opened(database: Database) -> str:
    with database.write() as session:
        return service.open_conversation(session, "web", Preferences()).id


def _said(database: Database, conversation_id: str, thread: int, number: int) -> int:
    with database.write() as session:
        conversation = service.hold(session, conversation_id)
        return messages.record(
            session, conversation, author=Author.CUSTOMER, text=f"{thread}/{number}"
        )


def _takes_messages_as_the_state_says(
    database: Database, conversation_id: str, state: ConversationState
) -> None:
    with database.read() as session:
        before = inbox.waiting(session, conversation_id)
        said = len(messages.read_after(session, conversation_id, 0, most=100))
    inbound = Inbound("web", f"{conversation_id}:{said}", "hello")
    if state == ConversationState.CLOSED:
        with pytest.raises(ConversationClosedError), database.write() as session:
            inbox.receive(session, conversation_id, inbound)
        return
    with database.write() as session:
        assert inbox.receive(session, conversation_id, inbound).sequence == said + 1
    with database.read() as session:
        assert inbox.waiting(session, conversation_id) - before == state.assistant_answers
