"""Systems are told that access ends: signed, once it is so, again while it fails, not for ever."""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest
import structlog
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from starlette.responses import RedirectResponse, Response, StreamingResponse

from offboarding import clock
from offboarding.access import http, service
from offboarding.access.answers import ATTEMPTS, LONGEST_WAIT, PAUSES, REFUSALS
from offboarding.access.away import AWAY
from offboarding.access.endpoints import ConfiguredEndpoints
from offboarding.access.model import AccessEventKind, NotificationState
from offboarding.access.port import Answer, UnreachableError
from offboarding.access.sending import Sender
from offboarding.accounts.model import Customer
from offboarding.audit.service import entries
from offboarding.background.model import Task
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import NotFoundError, TransitionError
from offboarding.settings import Settings
from tests.offboarding.access.systems_house import (
    EMAIL,
    NAME,
    NOTES_SECRET,
    OLD_NOTES_SECRET,
    SYNC_SECRET,
    SystemsHouse,
    make_case,
    policy_of,
)

REVOKED, ERASED = AccessEventKind.REVOKED, AccessEventKind.ERASED
S = NotificationState


# --- what is sent


async def test_each_system_is_told_signed_and_with_nothing_but_identifiers(
    house: SystemsHouse,
) -> None:
    ends_at = clock.now()
    house.revoke(moment=ends_at)
    await house.carry_out_due()
    [heard] = house.notes.heard
    with house.database.read() as session:
        case = session.get_one(Case, house.case.id)
        assert heard.verified(NOTES_SECRET) == {
            "type": "access.revoked",
            "timestamp": "2026-11-23T09:30:00Z",
            "data": {
                "sequence": 1,
                "effective_at": "2026-11-23T09:30:00Z",
                "case": case.number,
                "account_id": case.customer.account_id,
                "customer_id": case.customer.external_id,
                "subscription_id": case.subscription_id,
            },
        }
    assert heard.headers["content-type"] == "application/json"
    assert house.sync.heard[0].verified(SYNC_SECRET)["type"] == "access.revoked"
    assert heard.webhook_id != house.sync.heard[0].webhook_id
    for personal in (EMAIL, NAME, "Amara"):
        assert personal.encode() not in heard.body


async def test_a_system_hears_only_of_what_it_wants_to(house: SystemsHouse) -> None:
    house.erase()
    await house.carry_out_due()
    assert (house.notes.types, house.sync.types) == (["data.erased"], [])
    assert house.state.all_acknowledged


async def test_nobody_is_told_before_access_ends(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.revoke(moment=clock.now() + timedelta(days=21))
    now.shift(timedelta(days=20, hours=23))
    assert await house.carry_out_due() == 0
    assert not house.state.all_acknowledged
    now.shift(timedelta(hours=1))
    await house.carry_out_due()
    assert house.state.all_acknowledged


async def test_decided_twice_under_one_key_it_is_told_once(house: SystemsHouse) -> None:
    first, second = house.revoke(key="the key"), house.revoke(key="the key")
    await house.carry_out_due()
    assert first.id == second.id
    assert (house.notes.types, house.sync.types) == ([REVOKED], [REVOKED])


async def test_what_was_decided_in_a_transaction_that_failed_is_told_to_nobody(
    house: SystemsHouse,
) -> None:
    def decide_and_fail() -> None:
        with house.database.write() as session:
            case = session.get_one(Case, house.case.id)
            service.revoke(session, case, moment=clock.now(), key="k", systems=house.policy)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        decide_and_fail()
    assert await house.carry_out_due() == 0
    assert house.state.systems == ()


async def test_where_no_system_wants_to_know_it_is_acknowledged_at_once(
    house: SystemsHouse,
) -> None:
    house.policy = house.policy.model_copy(update={"systems": {}})
    assert house.revoke().sequence == 1
    assert house.state.all_acknowledged


async def test_the_events_of_a_subscription_are_counted(house: SystemsHouse) -> None:
    assert [house.revoke().sequence, house.restore().sequence, house.erase().sequence] == [1, 2, 3]


# --- how it is answered


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_an_answer_that_says_done_is_an_acknowledgement(
    house: SystemsHouse, status: int
) -> None:
    house.notes.answers = [status]
    house.revoke()
    await house.carry_out_due()
    notes = house.of("notes")
    assert (notes.state, notes.attempts, notes.problem) == (S.ACKNOWLEDGED, 1, None)
    assert notes.acknowledged_at == notes.sent_at == notes.tried_at == clock.now()
    assert house.state.of(REVOKED).all_acknowledged


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_what_may_work_later_is_tried_again_as_the_same_webhook_signed_anew(
    house: SystemsHouse, now: time_machine.Traveller, status: int
) -> None:
    house.notes.answers = [status, status]
    house.revoke()
    await house.carry_out_due()
    waiting = house.of("notes")
    assert (waiting.state, waiting.problem) == (S.WAITING, f"answered {status}")
    await house.carry_out_all(now)
    assert house.of("notes").state is S.ACKNOWLEDGED
    assert house.of("notes").attempts == 3
    assert len({heard.webhook_id for heard in house.notes.heard}) == 1
    assert len({heard.body for heard in house.notes.heard}) == 1
    assert len({heard.headers["webhook-timestamp"] for heard in house.notes.heard}) == 3
    assert house.notes.heard[-1].verified(NOTES_SECRET)
    assert len(house.sync.heard) == 1, "one system's trouble is not the other's"


async def test_the_pauses_grow_and_after_the_last_try_a_person_is_told(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [503] * 100
    house.revoke()
    began = clock.now()
    tried = []
    while (due_at := house.next_try()) is not None:
        now.move_to(max(due_at, clock.now()))
        await house.carry_out_due()
        tried.append(clock.now() - began)
    pauses = [after - before for before, after in pairwise(tried)]
    for pause, planned in zip(pauses, PAUSES, strict=True):
        assert planned <= pause <= planned * 1.2 + timedelta(milliseconds=1)
    notes = house.of("notes")
    assert (notes.state, notes.attempts, notes.problem) == (S.FAILED, ATTEMPTS, "answered 503")
    assert notes.failed_at == clock.now()
    assert [each.system for each in house.state.failed] == ["notes"]
    assert house.told_persons() == ["notes"]
    assert not house.state.all_acknowledged


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 409, 422])
async def test_what_another_try_seldom_mends_is_not_tried_for_hours(
    house: SystemsHouse, now: time_machine.Traveller, status: int
) -> None:
    house.notes.answers = [status] * 100
    house.revoke()
    began = clock.now()
    await house.carry_out_all(now)
    assert len(house.notes.heard) == REFUSALS
    assert clock.now() - began < timedelta(minutes=5)
    notes = house.of("notes")
    assert notes.state is S.FAILED
    assert f"answered {status}" in (notes.problem or "")
    assert house.told_persons() == ["notes"]


async def test_a_system_that_is_gone_is_told_to_a_person_at_once(house: SystemsHouse) -> None:
    house.notes.answers = [410]
    house.revoke()
    await house.carry_out_due()
    notes = house.of("notes")
    assert (notes.state, notes.attempts) == (S.FAILED, 1)
    assert "Take it out of policy/systems.yml" in (notes.problem or "")
    assert house.told_persons() == ["notes"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
async def test_a_system_that_asks_for_time_gets_it(
    house: SystemsHouse, status: int, as_date: bool
) -> None:
    at = clock.now() + timedelta(hours=5)
    wait = format_datetime(at, usegmt=True) if as_date else "18000"
    house.notes.answers = [Response(status_code=status, headers={"Retry-After": wait})]
    house.revoke()
    await house.carry_out_due()
    assert house.next_try() == at


@pytest.mark.parametrize(
    ("wait", "after"),
    [
        ("99999999999999999999", LONGEST_WAIT),
        ("0", PAUSES[0]),
        ("-5", PAUSES[0]),
        ("soon", PAUSES[0]),
        ("", PAUSES[0]),
        ("Mon, 23 Nov 2020 09:30:00 GMT", PAUSES[0]),
        ("Fri, 31 Dec 9999 23:59:59 -2300", LONGEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 -9900", PAUSES[0]),
    ],
)
async def test_no_wish_for_time_can_hold_it_up_for_ever_or_hurry_it(
    house: SystemsHouse, wait: str, after: timedelta
) -> None:
    house.notes.answers = [Response(status_code=503, headers={"Retry-After": wait})]
    house.revoke()
    await house.carry_out_due()
    due_at = house.next_try()
    assert due_at is not None
    assert after <= due_at - clock.now() <= after * 1.2 + timedelta(milliseconds=1)


async def test_a_redirect_leads_nowhere(house: SystemsHouse) -> None:
    house.notes.answers = [RedirectResponse(f"{house.address}/sync", 307)]
    house.policy = house.policy.model_copy(
        update={"systems": {"notes": house.policy.systems["notes"]}}
    )
    house.revoke()
    await house.carry_out_due()
    assert house.sync.heard == []
    assert "redirects are not followed" in (house.of("notes").problem or "")


async def test_an_answer_without_end_is_not_waited_for(house: SystemsHouse) -> None:
    async def without_end() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0)

    house.notes.answers = [StreamingResponse(without_end())]
    house.revoke()
    await house.carry_out_due()
    assert house.of("notes").state is S.ACKNOWLEDGED


# --- when nothing is answered


async def test_a_system_that_sends_a_byte_now_and_then_is_not_waited_for(
    house: SystemsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LIMIT_SECONDS", 0.5)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.05)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        move_notes(house, f"http://127.0.0.1:{port}/hook")
        house.revoke()
        await house.carry_out_due()
    notes = house.of("notes")
    assert (notes.state, notes.problem) == (S.WAITING, "did not answer (TimeoutError)")


async def test_an_unreachable_system_puts_neither_address_nor_body_nor_secret_into_any_record(
    house: SystemsHouse, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        move_notes(house, f"http://127.0.0.1:{taken.getsockname()[1]}/hook?token=hush-hush")
        house.revoke()
        caplog.set_level(logging.DEBUG)
        with structlog.testing.capture_logs() as logged:
            await house.carry_out_due()
    notes = house.of("notes")
    assert (notes.state, notes.problem) == (S.WAITING, "did not answer (ConnectError)")
    with house.database.read() as session:
        audited = [str(entry.details) for entry in entries(session, house.case.id)]
        tasks = [f"{task.key} {task.last_error}" for task in session.query(Task)]
        external_id = session.get_one(Customer, house.case.customer_id).external_id
    records = " ".join([*map(str, logged), *audited, *tasks, notes.problem or ""])
    assert "did not answer" in records
    for secret in ("hush-hush", NOTES_SECRET, EMAIL, external_id, house.case.subscription_id):
        assert secret not in records


@pytest.mark.parametrize("garbage", [b"\x00\xff\n\n", b"HTTP/1.1 9999 What\r\n\r\n", b""])
async def test_what_is_no_http_is_no_answer(house: SystemsHouse, garbage: bytes) -> None:
    async def mumble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(garbage)
        writer.close()

    async with await asyncio.start_server(mumble, "127.0.0.1", 0) as server:
        move_notes(house, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        house.revoke()
        await house.carry_out_due()
    notes = house.of("notes")
    assert (notes.state, notes.problem) == (S.WAITING, "did not answer (RemoteProtocolError)")


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    house: SystemsHouse, tmp_path: Path
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    trusted = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trusted.load_cert_chain(self_signed(tmp_path))
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=trusted) as server:
        move_notes(house, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        house.revoke()
        await house.carry_out_due()
    notes = house.of("notes")
    assert (notes.state, notes.problem) == (S.WAITING, "did not answer (ConnectError)")


async def test_while_a_system_is_silent_only_one_at_a_time_waits_for_it(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    """Each try may take fifteen seconds of a worker, and there are eight for everything."""
    silent = Silent()
    policy = policy_of("http://127.0.0.1:1")
    settings.webhook_secrets = SecretStr(f"notes={NOTES_SECRET},sync={SYNC_SECRET}")
    sender = Sender(database, ConfiguredEndpoints(settings, lambda: policy), silent)
    numbers = []
    for number in range(6):
        case = make_case(database, f"{number}@example.org")
        with database.write() as session:
            found = session.get_one(Case, case.id)
            service.erase(session, found, moment=clock.now(), key=case.id, systems=policy)
            numbers += [each.notification_id for each in service.state(session, case.id).systems]
    for number in numbers[:3]:
        sender.send(number)
    assert silent.tries == 1
    now.shift(AWAY)
    for number in numbers[3:5]:
        sender.send(number)
    assert silent.tries == 2
    with database.read() as session:
        problems = Counter(each.problem for each in service.unacknowledged(session))
    assert problems["did not answer (ReadTimeout)"] == 2
    assert problems["did not answer another try a moment ago"] == 3
    now.shift(AWAY)
    silent.answers = True
    for number in numbers:
        sender.send(number)
    assert silent.tries == 2 + len(numbers)


# --- secrets and the policy


async def test_while_a_secret_is_changed_both_the_old_and_the_new_are_believed(
    house: SystemsHouse,
) -> None:
    both = f"notes={OLD_NOTES_SECRET}, notes={NOTES_SECRET}, sync={SYNC_SECRET}"
    house.settings.webhook_secrets = SecretStr(both)
    house.revoke()
    await house.carry_out_due()
    [heard] = house.notes.heard
    assert heard.verified(OLD_NOTES_SECRET) == heard.verified(NOTES_SECRET)


@pytest.mark.parametrize(
    ("mishap", "mend"),
    [
        ("removed", "policy/systems.yml has no system notes any more"),
        ("no secret", "Add notes=whsec_"),
        ("in the clear", "give it an https address"),
    ],
)
async def test_what_can_t_be_called_as_things_are_set_up_is_told_to_a_person_with_the_mend(
    house: SystemsHouse, mishap: str, mend: str
) -> None:
    house.revoke()
    match mishap:
        case "removed":
            house.policy = house.policy.model_copy(update={"systems": {}})
        case "no secret":
            house.settings.webhook_secrets = SecretStr(f"sync={SYNC_SECRET}")
        case "in the clear":
            house.settings.sandbox = False
    await house.carry_out_due()
    notes = house.of("notes")
    assert notes.state is S.FAILED
    assert mend in (notes.problem or "")
    assert "notes" in house.told_persons()
    assert house.notes.heard == []


# --- a person


async def test_a_person_can_have_it_sent_again(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [401] * REFUSALS + [503]
    house.revoke()
    await house.carry_out_all(now)
    failed = house.of("notes")
    with house.database.write() as session:
        service.send_again(session, failed.notification_id)
    await house.carry_out_all(now)
    notes = house.of("notes")
    assert (notes.state, notes.attempts) == (S.ACKNOWLEDGED, 2)
    assert len({heard.webhook_id for heard in house.notes.heard}) == 1
    assert house.state.all_acknowledged


async def test_a_person_need_not_wait_for_the_next_try(house: SystemsHouse) -> None:
    house.notes.answers = [503]
    house.revoke()
    await house.carry_out_due()
    with house.database.write() as session:
        service.send_again(session, house.of("notes").notification_id)
    await house.carry_out_due()
    assert house.of("notes").state is S.ACKNOWLEDGED


async def test_nobody_can_have_it_sent_before_access_ends(house: SystemsHouse) -> None:
    house.revoke(moment=clock.now() + timedelta(days=3))
    with house.database.write() as session:
        service.send_again(session, house.of("notes").notification_id)
    assert await house.carry_out_due() == 0


async def test_what_is_acknowledged_is_not_sent_again(house: SystemsHouse) -> None:
    house.revoke()
    await house.carry_out_due()
    with house.database.write() as session:
        with pytest.raises(TransitionError, match="nothing to send"):
            service.send_again(session, house.of("notes").notification_id)
        with pytest.raises(NotFoundError, match="offboard access list"):
            service.send_again(session, "f" * 32)


# --- what is kept


async def test_what_the_company_calls_the_customer_is_kept_until_all_have_heard(
    house: SystemsHouse,
) -> None:
    house.notes.answers = [503]
    event = house.erase()
    await house.carry_out_due()
    with (
        house.database.write() as session,
        pytest.raises(TransitionError, match="has not acknowledged"),
    ):
        service.forget(session, event.subscription_id, house.policy)
    with house.database.write() as session:
        service.send_again(session, house.of("notes").notification_id)
    await house.carry_out_due()
    with house.database.write() as session:
        service.forget(session, event.subscription_id, house.policy)
    with house.database.read() as session:
        kept = session.get_one(type(event), event.id)
        assert kept.customer_external_id is None


async def test_the_audit_log_says_what_was_decided_and_who_has_heard(house: SystemsHouse) -> None:
    house.notes.answers = [410]
    house.revoke()
    await house.carry_out_due()
    with house.database.read() as session:
        said = [
            (entry.event, entry.details.get("system")) for entry in entries(session, house.case.id)
        ]
    assert said[0] == ("access_decided", None)
    assert set(said[1:]) == {("access_failed", "notes"), ("access_acknowledged", "sync")}


class Silent:
    """A WebhookPort to systems that do not answer, until they do."""

    def __init__(self) -> None:
        self.tries = 0
        self.answers = False

    def post(self, _url: str, _headers: Mapping[str, str], _body: bytes) -> Answer:
        self.tries += 1
        if self.answers:
            return Answer(204)
        raise UnreachableError("ReadTimeout")


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=3650))
        .not_valid_after(clock.now() + timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


def move_notes(house: SystemsHouse, url: str) -> None:
    moved = house.policy.systems["notes"].model_copy(update={"url": url})
    house.policy = house.policy.model_copy(
        update={"systems": {**house.policy.systems, "notes": moved}}
    )
