"""After an erasure nothing in any table tells who the customer was or what they said."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from actions.record import ActionRun
from channels.conversations.model import Author, Conversation, Inbox, Message, QuickReply
from channels.conversations.state import ConversationState
from channels.signed_receipts import SignedReceipts
from channels.slack.model import SlackEvent, SlackPost, SlackThread
from channels.sms.model import SmsLine, SmsPost, SmsPostState, SmsReceived
from offboard.off_boarding import ERASERS
from offboard.tables import metadata
from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.cases.model import Case
from offboarding.casework import notes
from offboarding.database import Database, new_identifier
from offboarding.encryption import encrypting
from offboarding.encryption.columns import ERASED, Encrypted
from offboarding.erasure import service as erasure
from offboarding.erasure.model import Erasure
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import CodeChallenge, IdentityMethod, VerifiedIdentity, WritesFrom
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps.plan import StepKind
from offboarding.survey.model import SurveyAnswer, SurveyQuestion
from tests.factories import cancel, make_account, make_customer, make_subscription
from tests.keys import KEYS

NAME, EMAIL, PHONE = "Zephyrine Quill", "zephyrine@quill.example", "+447700900777"
WORDS = "because my neighbour Quillon hates the sound of it"
MARKS = ("Zephyrine", "zephyrine", "Quill", "quill", PHONE, "Quillon")

HOLD_NOTHING_OF_A_PERSON = {
    # Forgotten by the last step, once every system has erased: tests/offboarding/test_steps.py.
    "access_event": {"key", "customer_external_id"},
    "access_notification": {"system", "problem"},
    # Whose invoices are kept is known to the billing provider by this alone.
    "account": {"country", "region", "time_zone", "billing_id"},
    "action_run": {"action"},
    "agent": {"outer_id", "full_name"},  # of those who work here
    "agent_offer": {"key", "policy_version"},
    "audit_entry": {"event", "policy_version", "details"},
    "audit_seal": {"hash"},
    "cancellation_intent": {"word"},
    "case_note": {"by"},
    "conversation": {"channel", "locale", "time_zone"},
    # A blind index tells nothing without its key; after the erasure it is that of no address.
    "customer": {"locale", "time_zone", "email_mark", "phone_mark"},
    "code_challenge": {"email_mark"},
    "writes_from": {"number_mark"},
    "data_export": {"file_name", "sha256", "progress", "problem"},
    "erasure": {"erased", "kept", "keys_left"},
    "hand_off": {"number", "requested_by", "team", "contact_email_mark"},
    "inbox": {"channel", "outer_id"},
    "ledger_entry": {"currency", "key", "details", "billing_id"},
    "message": {"client_key", "dedupe_key"},
    "off_boarding_case": {"number", "shown"},
    "plan": {"id", "name", "currency", "smaller_plan_id", "billing_id"},
    "practice_message": {"outer_id", "in_answer_to", "text", "noticed"},  # made-up customers
    "practice_run": {"key", "agent_id", "scenario_id", "scenario", "progress"},
    "retention_offer": {"name", "terms", "policy_version"},
    "sealed_column": {"place"},
    "slack_event": {"event_id"},
    "slack_post": {"key", "channel", "kind", "error"},
    "slack_practice": {"user", "channel", "channel_id", "ts"},
    "slack_thread": {"channel", "channel_id", "ts", "claimed_ts"},
    "sms_line": {"sender", "number_mark", "opt_out_word"},
    "sms_post": {"key", "message_sid", "earlier_sids"},
    "sms_received": {"message_sid", "digest"},
    "stripe_event": {"event_id", "kind", "billing_id"},
    "staff_member": {"email"},
    "staff_sign_in": {"address_mark", "browser_mark"},
    "subscription": {"plan_id", "next_plan_id", "billing_id"},
    "task": {"kind", "key", "last_error"},
}
"""Columns of free text in which nothing of a customer may ever stand. A new column is either named
here or filled below, and found empty after the erasure."""


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


@pytest.fixture
def case(database: Database, policies: Policies) -> Case:
    """A case that has ended, of a customer who left their traces everywhere."""
    with database.write() as session:
        account = make_account(session, name="Quill Household")
        account.account_manager_name = "Quill's manager"
        account.account_manager_email = "manager@quill.example"
        customer = make_customer(session, EMAIL, account=account)
        customer.full_name, customer.phone = NAME, PHONE
        customer.external_id = "outer-zephyrine"
        talk = _talk(session)
        case, receipt = cancel(
            session, customer, make_subscription(session, customer), policies, conversation_id=talk
        )
        case.reason_words = WORDS
        notes.write(session, case.id, StepKind.REFUND, WORDS, by="staff")
        receipt.signature = f"signed for {NAME}"
        _identity(session, customer, talk)
        _desk(session, customer, talk)
        _texts(session, talk)
        session.add(
            SurveyAnswer(
                case_id=case.id,
                question=SurveyQuestion.IMPROVE,
                answer=WORDS,
                answered_at=clock.now(),
            )
        )
        case.subscription.state = SubscriptionState.ENDED
        return case


def _talk(session: Session) -> str:
    conversation = Conversation(
        channel="web",
        state=ConversationState.BOT,
        created_at=clock.now(),
        last_activity_at=clock.now(),
        dialogue_state={"slots": {"reason": WORDS}},
    )
    session.add(conversation)
    session.flush()
    here = {"conversation_id": conversation.id}
    session.add(
        Message(
            **here,
            sequence=1,
            author=Author.CUSTOMER,
            author_name=NAME,
            text=WORDS,
            card={"title": NAME},
            created_at=clock.now(),
        )
    )
    inbox = Inbox(
        **here,
        channel="web",
        outer_id=new_identifier(),
        message_sequence=1,
        payload={"text": WORDS},
        received_at=clock.now(),
    )
    session.add_all(
        [
            inbox,
            QuickReply(**here, message_sequence=1, position=0, title=NAME, payload=f"/x{NAME}"),
        ]
    )
    session.flush()
    session.add(
        ActionRun(message_id=inbox.id, action="action_x", answer={"text": NAME}, ran_at=clock.now())
    )
    return conversation.id


def _identity(session: Session, customer: Customer, talk: str) -> None:
    moment = clock.now()
    session.add_all(
        [
            VerifiedIdentity(
                conversation_id=talk,
                customer_id=customer.id,
                method=IdentityMethod.TOKEN,
                verified_at=moment,
                lapses_at=moment,
            ),
            CodeChallenge(
                conversation_id=talk,
                email=EMAIL,
                phone=PHONE,
                customer_id=customer.id,
                created_at=moment,
                expires_at=moment,
            ),
            WritesFrom(conversation_id=talk, number=PHONE),
        ]
    )


def _desk(session: Session, customer: Customer, talk: str) -> None:
    hand_off = handoffs.request(session, talk, "customer")
    hand_off.customer_id, hand_off.note, hand_off.contact_email = customer.id, WORDS, EMAIL
    thread = SlackThread(hand_off_id=hand_off.id, conversation_id=talk, channel="support")
    thread.channel_id, thread.ts = "C1", "1700000000.000100"
    moment = clock.now()
    session.add_all(
        [
            thread,
            SlackPost(
                key="post",
                channel="support",
                hand_off_id=hand_off.id,
                kind="chat.postMessage",
                arguments={"text": WORDS},
                created_at=moment,
                due_at=moment,
            ),
            SlackEvent(
                event_id="Ev1",
                event={"thread_ts": thread.ts, "text": f"Hello {NAME}"},
                received_at=moment,
            ),
        ]
    )


def _texts(session: Session, talk: str) -> None:
    line = SmsLine(
        number=PHONE, sender="+12025550100", conversation_id=talk, created_at=clock.now()
    )
    session.add(line)
    session.flush()
    moment = clock.now()
    session.add_all(
        [
            SmsReceived(message_sid="SM1", line_id=line.id, digest="0" * 64, received_at=moment),
            SmsPost(
                key="text",
                line_id=line.id,
                body=f"Hello {NAME}",
                segments=1,
                state=SmsPostState.DELIVERED,
                created_at=moment,
                due_at=moment,
                good_until=moment + timedelta(hours=2),
            ),
        ]
    )


def encrypted_columns_of_all() -> list[sa.Column[Any]]:
    """Every column that is encrypted."""
    return [each for each in free_text() if isinstance(each.type, Encrypted)]


def free_text() -> Iterator[sa.Column[Any]]:
    """Every column that could hold words or addresses."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            kind = column.type
            named = isinstance(kind, sa.String) and not isinstance(kind, sa.Enum)
            if isinstance(kind, sa.JSON | Encrypted) or (
                named and getattr(kind, "length", None) != 36
            ):
                yield column


def traces(database: Database) -> set[tuple[str, str]]:
    """The columns in which something of the customer stands."""
    found = set()
    with database.read() as session:
        for column in free_text():
            for value in session.scalars(sa.select(column)):
                text = value if isinstance(value, str) else json.dumps(value)
                if any(mark in text for mark in MARKS):
                    found.add((column.table.name, column.name))
    return found


def erase(database: Database, case: Case) -> dict[str, Any]:
    with database.write() as session:
        return erasure.erase(session, session.get_one(Case, case.id), ERASERS).erased


def test_every_column_of_free_text_is_filled_here_or_holds_nothing_of_a_person(
    database: Database, case: Case
) -> None:
    every = {(column.table.name, column.name) for column in free_text()}
    harmless = {
        (table, column) for table, columns in HOLD_NOTHING_OF_A_PERSON.items() for column in columns
    }
    assert harmless <= every, "named, and no longer there"
    assert traces(database) == every - harmless


def test_nothing_tells_afterwards_who_they_were_or_what_they_said(
    database: Database, case: Case
) -> None:
    erased = erase(database, case)
    assert traces(database) == set()
    assert erased["conversations"] == 1
    assert erased["customers"] == 1
    assert erased["events of the desk"] == 1


def test_what_must_be_kept_is_kept_and_said_with_reason_and_time(
    database: Database, case: Case
) -> None:
    erase(database, case)
    with database.read() as session:
        done = session.scalars(sa.select(Erasure)).one()
        assert done.kept[0]["what"] == "invoices"
        assert all(each["because"] for each in done.kept)
        kept = session.get_one(Case, case.id)
        assert kept.reason == case.reason
        assert kept.shown == case.shown
        assert session.get_one(Subscription, case.subscription_id).plan_id


def test_erasing_twice_is_once(database: Database, case: Case) -> None:
    assert erase(database, case) == erase(database, case)
    with database.read() as session:
        assert len(session.scalars(sa.select(Erasure)).all()) == 1


def test_somebody_else_s_traces_stay(database: Database, case: Case, policies: Policies) -> None:
    with database.write() as session:
        other = make_customer(session, "other@example.org")
        cancel(session, other, make_subscription(session, other), policies)
        talk = _talk(session)
        before = session.scalar(sa.select(sa.func.count()).select_from(Message))
    erase(database, case)
    with database.read() as session:
        assert session.get(Conversation, talk) is not None
        after = session.scalar(sa.select(sa.func.count()).select_from(Message))
        assert (before, after) == (2, 1)
        assert session.get_one(Customer, other.id).email == "other@example.org"
        assert session.scalars(sa.select(HandOff)).one().note == ""


def test_a_talk_that_is_somebody_else_s_by_now_stays(database: Database, case: Case) -> None:
    with database.write() as session:
        other = make_customer(session, "other@example.org")
        session.scalars(sa.select(VerifiedIdentity)).one().customer_id = other.id
    erase(database, case)
    with database.read() as session:
        assert session.get(Conversation, case.conversation_id) is not None


def test_a_talk_by_text_in_which_nobody_was_made_sure_of_goes_too(
    database: Database, case: Case
) -> None:
    with database.write() as session:
        by_text = _talk(session)
        session.add(WritesFrom(conversation_id=by_text, number=PHONE))
    erase(database, case)
    assert traces(database) == set()


def test_a_number_that_somebody_else_has_too_says_nothing(database: Database, case: Case) -> None:
    with database.write() as session:
        make_customer(session, "other@example.org", phone=PHONE)
        by_text = _talk(session)
        session.add(WritesFrom(conversation_id=by_text, number=PHONE))
    erase(database, case)
    with database.read() as session:
        assert session.get(Conversation, by_text) is not None


def test_an_opt_out_is_remembered(database: Database, case: Case) -> None:
    """Forgotten, it could not be kept to; so the number stays, and nothing beside it."""
    with database.write() as session:
        line = session.scalars(sa.select(SmsLine)).one()
        line.opted_out_at = clock.now()
    erase(database, case)
    with database.read() as session:
        line = session.scalars(sa.select(SmsLine)).one()
        assert (line.number, line.conversation_id) == (PHONE, None)
    assert traces(database) == {("sms_line", "number")}


IN_CLEAR = {
    "account": {"account_manager_name", "account_manager_email"},
    "action_run": {"answer"},
    "customer": {"external_id"},
    "message": {"author_name"},
    "quick_reply": {"title", "payload"},
    "slack_event": {"event"},
    "slack_post": {"arguments"},
}
"""What is not encrypted, though it may be a person's: docs/operate.md says so, and why."""


def test_every_column_that_could_tell_of_somebody_is_encrypted_or_named(
    database: Database, case: Case
) -> None:
    named = {(table, column) for table, columns in IN_CLEAR.items() for column in columns}
    encrypted = {(each.table.name, each.name) for each in encrypted_columns_of_all()}
    assert traces(database) == encrypted | named


def test_what_is_stored_tells_neither_who_they_are_nor_what_they_said(
    database: Database, case: Case, tmp_path: Path
) -> None:
    stored = [
        str(value)
        for table, rows in rows_as_stored(database).items()
        for row in rows
        for column, value in row.items()
        if column not in IN_CLEAR.get(table, ())
    ]
    assert case.id in stored
    assert [value for value in stored if any(mark in value for mark in MARKS)] == []
    if database.engine.dialect.name == "sqlite":
        content = file_without_what_is_in_clear(database, tmp_path / "copy.db")
        assert case.id.encode() in content
        assert [mark for mark in MARKS if mark.encode() in content] == []


def rows_as_stored(database: Database) -> dict[str, list[dict[str, Any]]]:
    """What a copy of the database has: every row of every table, with nothing opened."""
    with database.engine.connect() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    sa.select(sa.text("*")).select_from(sa.table(table.name))
                ).mappings()
            ]
            for table in metadata.sorted_tables
        }


def file_without_what_is_in_clear(database: Database, path: Path) -> bytes:
    """The bytes of a copy of the SQLite file, in which IN_CLEAR was overwritten."""
    source = database.engine.url.database
    assert source is not None
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(path)) as here:
        there.backup(here)
    copy = Database(f"sqlite:///{path}", KEYS)
    with copy.write() as session:
        for table, columns in IN_CLEAR.items():
            emptied = dict.fromkeys(columns, "x")
            session.execute(sa.update(metadata.tables[table]).values(emptied))
    copy.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")  # what was overwritten just now lies about
    return path.read_bytes()


def test_with_a_copy_from_before_and_the_keys_of_after_nothing_can_be_read(
    database: Database, case: Case
) -> None:
    copied = rows_as_stored(database)
    assert None not in opened(database, copied)
    erase(database, case)
    erasure.destroy_keys(database, case.id)
    anew = Database(database.engine.url.render_as_string(hide_password=False), KEYS)
    values = opened(anew, copied)
    anew.close()
    assert len(values) > 15
    assert set(values) == {None}


def test_a_copy_from_before_that_was_put_back_is_erased_again(
    database: Database, case: Case, policies: Policies
) -> None:
    """Their keys are destroyed: what cannot be read is neither overwritten nor in the way."""
    with database.write() as session:
        talk = _talk(session)
        other = make_customer(session, "other@example.org", phone="+447700900778")
        second, _ = cancel(
            session, other, make_subscription(session, other), policies, conversation_id=talk
        )
        session.add(
            SmsLine(
                number="+447700900778",
                sender="+12025550100",
                conversation_id=talk,
                created_at=clock.now(),
            )
        )
        session.execute(sa.update(SmsLine).values(opted_out_at=clock.now(), opt_out_word="STOP"))
        before = erasure.Subject(session, case.subscription.account_id)
        also = erasure.Subject(session, second.subscription.account_id)
        lines = session.scalars(sa.select(SmsLine.id)).all()
        marks = set(session.scalars(sa.select(SmsLine.number_mark)))
    database.keyring.destroy({*before.key_owners, *also.key_owners, *lines})
    sealed = rows_as_stored(database)["receipt"]
    erase(database, case)
    erase(database, second)
    assert rows_as_stored(database)["receipt"] == sealed
    with database.read() as session:
        kept = session.scalars(sa.select(SmsLine)).all()
        assert {line.number_mark for line in kept} == marks
        assert all(line.opted_out_at and line.conversation_id is None for line in kept)


def opened(database: Database, copied: dict[str, list[dict[str, Any]]]) -> list[str | None]:
    """All that is encrypted in a copy, as the keys that there are open it; None where none does."""
    return [
        database.keyring.open(column.type.place, row[column.name])[1]
        for column in encrypted_columns_of_all()
        if isinstance(column.type, Encrypted)
        for row in copied[column.table.name]
        if row[column.name]
    ]


def test_what_stays_can_be_read_once_the_keys_are_destroyed(database: Database, case: Case) -> None:
    erase(database, case)
    erasure.destroy_keys(database, case.id)
    with database.read() as session:
        for column in encrypted_columns_of_all():
            for value in session.scalars(sa.select(column)):
                assert value not in (ERASED, {})
        receipt = session.scalars(sa.select(Receipt)).one()
        assert receipt.document["plan_name"] == "Pro"


def test_a_receipt_that_was_not_signed_before_the_erasure_has_no_file_after_it(
    database: Database, case: Case, tmp_path: Path
) -> None:
    with database.write() as session:
        held = session.get_one(Case, case.id)
        offer = receipts.issue(session, held, ReceiptKind.OFFER, {"name": "half the price"}).id
    erase(database, case)
    erasure.destroy_keys(database, case.id)
    secret = SecretStr("a secret of the tests, long enough for it")
    settings = Settings(_env_file=None, secret=secret, data_directory=tmp_path)
    assert SignedReceipts(settings, database).file(offer) is None
    with database.read() as session:
        assert session.get_one(Receipt, offer).document["name"] == "half the price"


def test_the_keys_are_destroyed_once_and_it_is_noted_that_they_were(
    database: Database, case: Case
) -> None:
    erasure.destroy_keys(database, case.id)  # nothing was erased yet
    assert traces(database)
    erase(database, case)
    with database.read() as session:
        left = session.scalars(sa.select(Erasure)).one().keys_left
    assert left is not None
    assert {case.customer_id, case.conversation_id, case.id} <= set(left)
    before = database.keyring.holdings().destroyed
    erasure.destroy_keys(database, case.id)
    erasure.destroy_keys(database, case.id)
    assert database.keyring.holdings().destroyed == before + len(left)
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).one().keys_left is None
        noted = [each.event for each in audit.entries(session, case.id)]
        assert noted.count("keys_destroyed") == 1


def test_what_stays_is_not_sealed_with_a_key_that_is_to_be_destroyed(
    database: Database, case: Case
) -> None:
    erase(database, case)
    encrypting.seal_rows(database, erasure.whose_keys_are_left, again=True)
    erasure.destroy_keys(database, case.id)
    with database.read() as session:
        receipt = session.scalars(sa.select(Receipt)).one()
        assert receipt.document["plan_name"] == "Pro"
        assert session.get_one(Customer, case.customer_id).email.endswith(erasure.GONE)


def test_keys_that_a_step_left_are_destroyed_with_all_others(
    database: Database, case: Case
) -> None:
    copied = rows_as_stored(database)
    erase(database, case)
    erasure.destroy_all_keys(database)
    assert set(opened(database, copied)) == {None}
    with database.read() as session:
        assert erasure.whose_keys_are_left(session) == set()


def test_of_somebody_else_no_key_is_destroyed(
    database: Database, case: Case, policies: Policies
) -> None:
    with database.write() as session:
        other = make_customer(session, "other@example.org")
        cancel(session, other, make_subscription(session, other), policies)
    erase(database, case)
    erasure.destroy_keys(database, case.id)
    with database.write() as session:
        kept = session.get_one(Customer, other.id)
        assert kept.email == "other@example.org"
        kept.full_name = "Another Name"


def test_a_note_can_be_written_after_the_erasure(database: Database, case: Case) -> None:
    """A system may have to be told by hand, and staff say so."""
    erase(database, case)
    erasure.destroy_keys(database, case.id)
    with database.write() as session:
        notes.write(session, case.id, StepKind.CLOSE, "The archive was told by mail.", by="staff")
    with database.read() as session:
        (note,) = notes.notes_of(session, case.id)
        assert note.words == "The archive was told by mail."


def test_an_account_that_still_has_a_plan_keeps_its_data(database: Database, case: Case) -> None:
    with database.write() as session:
        held = session.get_one(Case, case.id)
        assert erasure.may_erase(session, held)
        make_subscription(session, held.customer)
        assert not erasure.may_erase(session, held)
