"""What customers are told beside a mail: where they wrote last, once, and nobody else is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from channels.conversations.messages import ShownMessage, read_after
from channels.conversations.state import ConversationState
from channels.sms.lines import hold_line
from channels.sms.model import SmsPost, SmsPostState
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.background.model import Task, TaskState
from offboarding.background.service import schedule
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.exports.model import Export, ExportState
from offboarding.exports.service import PROGRESS_NOTICE
from offboarding.identity.model import VerifiedIdentity
from offboarding.policies.store import Policies
from offboarding.steps.works import REMINDER_NOTICE
from tests.channels.sms.phone_house import AMARA, PhoneHouse
from tests.channels.talk import Talk, next_event
from tests.factories import cancel, make_customer, make_subscription

EVENING = datetime(2026, 12, 8, 22, 30, tzinfo=UTC)
"""So that what the test has done by then is past, and it is night in London."""
MORNING = datetime(2026, 12, 9, 8, 0, 30, tzinfo=UTC)
SIZE = 2_000


def leaves(house: PhoneHouse, policies: Policies, ends_at: datetime | None = None) -> Case:
    """A case of a customer with a phone, whose end is near."""
    customer = house.customer()
    with house.database.write() as session:
        owner = session.merge(customer)
        end = ends_at or clock.now() + timedelta(hours=20)
        case, _ = cancel(
            session, owner, make_subscription(session, owner, period_end=end), policies
        )
    return case


def owner_of(house: PhoneHouse, case: Case) -> Customer:
    with house.database.read() as session:
        return session.get_one(Customer, case.customer_id)


async def talks_on_website(house: PhoneHouse, customer: Customer) -> Talk:
    """A conversation in the widget, in which it is sure who writes."""
    talk = await house.talk_on_website()
    house.identify(talk.id, customer)
    await talk.until(await talk.say("hello") + 1)
    return talk


async def talks_by_text(house: PhoneHouse, customer: Customer) -> str:
    """A conversation by SMS, in which it is sure who writes."""
    await house.talks("hello")
    talk_id = house.line().conversation_id or ""
    house.identify(talk_id, customer)
    return talk_id


async def remind(house: PhoneHouse, case: Case, *, again: str = "") -> None:
    """Carry the task out, as the engine does; `again` makes it another one of the same."""
    await carry_out(house, REMINDER_NOTICE, case.id, again)


async def carry_out(house: PhoneHouse, kind: str, subject_id: str, again: str = "") -> None:
    with house.database.write() as session:
        task = schedule(session, kind, subject_id, key=f"{kind}:{subject_id}{again}")

    def done() -> bool:
        with house.database.read() as session:
            return session.get_one(Task, task.id).state is TaskState.DONE

    await house.until(done)


def lapse(house: PhoneHouse, talk_id: str) -> None:
    with house.database.write() as session:
        known = session.get_one(VerifiedIdentity, talk_id)
        known.lapses_at = clock.now() - timedelta(minutes=1)


def said(house: PhoneHouse, talk_id: str) -> list[ShownMessage]:
    with house.database.read() as session:
        return read_after(session, talk_id, 0, most=200)


def told(house: PhoneHouse, talk_id: str) -> list[str]:
    """What was said in the talk of the end that is near."""
    return [each.text for each in said(house, talk_id) if "as you asked" in each.text]


def texted(house: PhoneHouse) -> Sequence[SmsPost]:
    """The texts that were put out beside a talk."""
    with house.database.read() as session:
        return session.scalars(sa.select(SmsPost).where(SmsPost.key.startswith("told:"))).all()


def exported(house: PhoneHouse, customer: Customer, **how: Any) -> Export:
    with house.database.write() as session:
        export = Export(
            customer_id=customer.id,
            conversation_id="1" * 32,
            requested_at=clock.now() - timedelta(seconds=12),
            **how,
        )
        session.add(export)
    return export


def ready(house: PhoneHouse, customer: Customer) -> Export:
    return exported(
        house,
        customer,
        state=ExportState.READY,
        file_name="your-data.zip",
        size_bytes=SIZE,
        expires_at=clock.now() + timedelta(days=7),
    )


# --- in the widget


async def test_in_the_widget_they_see_it_come(house: PhoneHouse, phone_policies: Policies) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_on_website(house, owner_of(house, case))
    async with talk.events(after=3) as events:
        await remind(house, case)
        message = (await next_event(events, "message")).data
    assert message["author"] == "bot"
    assert message["text"].startswith("Pro ends on ")
    assert message["card"]["title"] == f"Case {case.number}"
    assert not texted(house)


async def test_however_often_it_is_tried_it_is_said_once(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_on_website(house, owner_of(house, case))
    for again in ("", ":2", ":3"):
        await remind(house, case, again=again)
    assert len(told(house, talk.id)) == 1


async def test_what_was_said_in_one_place_is_not_said_in_another_later(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    customer = owner_of(house, case)
    talk = await talks_on_website(house, customer)
    await remind(house, case)
    lapse(house, talk.id)  # else the two talks would become one
    by_text = await talks_by_text(house, customer)
    await remind(house, case, again=":2")
    assert told(house, talk.id)
    assert not told(house, by_text)
    assert not texted(house)


async def test_of_two_talks_it_is_the_one_in_which_they_wrote_last(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    customer = owner_of(house, case)
    earlier = await talks_on_website(house, customer)
    later = await talks_on_website(house, customer)
    await remind(house, case)
    assert told(house, later.id)
    assert not told(house, earlier.id)


async def test_where_it_is_not_sure_any_more_who_is_there_nothing_is_said(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_on_website(house, owner_of(house, case))
    lapse(house, talk.id)
    await remind(house, case)
    assert not told(house, talk.id)


async def test_nothing_is_said_to_somebody_else(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    with house.database.write() as session:
        ben = make_customer(session, "ben@example.org")
    others = await talks_on_website(house, ben)
    nobody_known = await house.talk_on_website()
    await nobody_known.until(await nobody_known.say("amara@example.org") + 1)
    await remind(house, case)
    assert not told(house, others.id)
    assert not told(house, nobody_known.id)


@pytest.mark.parametrize("state", [ConversationState.HUMAN, ConversationState.CLOSED])
async def test_while_a_person_is_there_and_when_it_is_closed_the_assistant_is_silent(
    house: PhoneHouse, phone_policies: Policies, state: ConversationState
) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_on_website(house, owner_of(house, case))
    with house.database.write() as session:
        house.gateway.change_state(session, talk.id, state)
    await remind(house, case)
    assert not told(house, talk.id)


async def test_who_has_come_back_is_not_reminded(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    customer = owner_of(house, case)
    talk = await talks_on_website(house, customer)
    with house.database.write() as session:
        undone = session.get_one(Case, case.id)
        workflow.undo(session, undone, session.merge(customer), billing=LedgerBilling(session))
    await remind(house, case)
    assert not told(house, talk.id)


# --- by text


async def test_who_wrote_by_text_is_told_by_text(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_by_text(house, owner_of(house, case))
    await remind(house, case)
    await house.until_done()
    assert len(told(house, talk)) == 1
    assert (await house.got(3))[-1].startswith("Pro ends on ")
    assert not texted(house), "it is in the talk, and the talk is followed"


async def test_a_phone_on_file_is_texted_when_it_is_not_sure_who_writes(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_by_text(house, owner_of(house, case))
    lapse(house, talk)
    for again in ("", ":2"):
        await remind(house, case, again=again)
    await house.until_done()
    assert not told(house, talk), "whoever is there now may be somebody else"
    [text] = (await house.got(3))[2:]
    assert text.endswith(f"Case {case.number}")
    assert "http" not in text


async def test_a_number_that_was_not_made_sure_of_lately_is_not_texted(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies)
    customer = owner_of(house, case)
    talk = await talks_by_text(house, customer)
    lapse(house, talk)
    with house.database.write() as session:
        session.merge(customer).phone_confirmed_at = clock.now() - timedelta(days=60)
    await remind(house, case)
    assert not texted(house)
    assert not told(house, talk)


@pytest.mark.parametrize("sure", [True, False])
async def test_who_wants_no_texts_gets_none(
    house: PhoneHouse, phone_policies: Policies, *, sure: bool
) -> None:
    case = leaves(house, phone_policies)
    talk = await talks_by_text(house, owner_of(house, case))
    if not sure:
        lapse(house, talk)
    with house.database.write() as session:
        line = house.line()
        hold_line(session, line.number, line.sender).opted_out_at = clock.now()
    mailed = len(house.letters)
    await remind(house, case)
    assert not texted(house)
    assert not told(house, talk)
    assert len(house.letters) == mailed, "the reminder is a mail already"


@pytest.mark.parametrize("sure", [True, False])
async def test_at_night_it_waits_for_the_morning(
    house: PhoneHouse, phone_policies: Policies, *, sure: bool
) -> None:
    case = leaves(house, phone_policies, ends_at=EVENING + timedelta(hours=20))
    customer = owner_of(house, case)
    talk = await talks_by_text(house, customer)
    with time_machine.travel(EVENING, tick=True):
        if sure:
            house.identify(talk, customer)
        await remind(house, case)
        await remind(house, case, again=":2")
        assert not told(house, talk)
        assert not texted(house)
        assert house.posts(SmsPostState.PENDING) == []
    with time_machine.travel(MORNING, tick=True):
        if sure:
            house.identify(talk, customer)
        text = (await house.got(3))[-1]
        assert text.startswith("Pro ends on 9 December 2026")
        await house.until(lambda: waiting_for_morning(house) == [TaskState.DONE])
        await house.twilio.phone.settled()
    assert len(house.twilio.phone.messages_to(AMARA)) == 3


async def test_who_came_back_in_the_night_is_not_told_in_the_morning(
    house: PhoneHouse, phone_policies: Policies
) -> None:
    case = leaves(house, phone_policies, ends_at=EVENING + timedelta(hours=20))
    customer = owner_of(house, case)
    await talks_by_text(house, customer)
    with time_machine.travel(EVENING, tick=True):
        await remind(house, case)
        with house.database.write() as session:
            undone = session.get_one(Case, case.id)
            workflow.undo(session, undone, session.merge(customer), billing=LedgerBilling(session))
    with time_machine.travel(MORNING, tick=True):
        await house.until(lambda: waiting_for_morning(house) == [TaskState.DONE])
    assert len(house.twilio.phone.messages_to(AMARA)) == 2


def waiting_for_morning(house: PhoneHouse) -> list[TaskState]:
    """How far the tasks are that were put off."""
    with house.database.read() as session:
        put_off = sa.select(Task.state).where(
            Task.kind == REMINDER_NOTICE, Task.due_at > EVENING + timedelta(hours=1)
        )
        return list(session.scalars(put_off))


# --- the copy of their data


async def test_the_link_to_the_copy_comes_into_the_chat_once(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_on_website(house, customer)
    export = ready(house, customer)
    for again in ("", ":2"):
        await carry_out(house, "notice.export_ready", export.id, again)
    [card] = [each.card for each in said(house, talk.id) if each.card]
    assert card["links"][0]["title"] == "Download"


async def test_the_link_is_not_shown_to_whoever_is_there_an_hour_later(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_on_website(house, customer)
    lapse(house, talk.id)
    await carry_out(house, "notice.export_ready", ready(house, customer).id)
    assert not [each for each in said(house, talk.id) if each.card]


async def test_a_phone_hears_that_the_copy_is_ready_without_the_link(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_by_text(house, customer)
    lapse(house, talk)
    await carry_out(house, "notice.export_ready", ready(house, customer).id)
    assert (await house.got(3))[-1] == "The copy of your data is ready. The link is in your mail."


async def test_who_waits_for_the_copy_sees_how_far_it_is(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_on_website(house, customer)
    export = exported(
        house,
        customer,
        progress=[
            {
                "source": "profile",
                "about": "Who you are.",
                "counted": 1,
                "done": 1,
                "finished": True,
            },
            {"source": "notes", "about": "Your notes.", "counted": 5000, "done": 1200},
            {"source": "files", "about": "Your files."},
        ],
    )
    for again in ("", ":again"):
        await carry_out(house, PROGRESS_NOTICE, export.id, again)
    [message] = [each for each in said(house, talk.id) if each.card]
    assert "1 of 3 parts are done, 1,201 rows so far" in message.text
    assert message.card is not None
    assert message.card["rows"] == [{"label": "Your notes", "value": "1,200 of 5,000 rows"}]
    with house.database.read() as session:
        told_again_at = session.scalars(
            sa.select(Task.due_at).where(
                Task.kind == PROGRESS_NOTICE, Task.state == TaskState.PENDING
            )
        ).all()
    assert told_again_at == [export.requested_at + timedelta(minutes=1)]


async def test_of_a_copy_that_could_not_be_read_the_truth_is_said(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_on_website(house, customer)
    export = exported(house, customer, problem="The source files did not answer.")
    await carry_out(house, PROGRESS_NOTICE, export.id)
    [message] = [each for each in said(house, talk.id) if each.card]
    assert "could not be read, which is our fault" in message.text


async def test_before_it_is_begun_it_is_said_so(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_on_website(house, customer)
    await carry_out(house, PROGRESS_NOTICE, exported(house, customer).id)
    [message] = [each for each in said(house, talk.id) if each.card]
    assert "isn't begun yet" in message.text


async def test_of_a_copy_that_is_ready_no_progress_is_told(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_on_website(house, customer)
    await carry_out(house, PROGRESS_NOTICE, ready(house, customer).id)
    assert not [each for each in said(house, talk.id) if each.card]


async def test_by_text_no_progress_is_told(house: PhoneHouse) -> None:
    customer = house.customer()
    talk = await talks_by_text(house, customer)
    before = len(said(house, talk))
    await carry_out(house, PROGRESS_NOTICE, exported(house, customer).id)
    assert len(said(house, talk)) == before
