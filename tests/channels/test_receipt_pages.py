"""The signed receipt on pages: to download, to check without an account, and its public keys."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import pytest
import sqlalchemy as sa
import time_machine
from fastapi import FastAPI
from pydantic import HttpUrl, SecretStr
from starlette.testclient import TestClient

from channels.conversations.messages import record, say
from channels.conversations.model import Author, Message
from channels.conversations.outgoing import Button, Outgoing
from channels.conversations.service import Preferences, hold, open_conversation
from channels.pages.routes import router
from offboarding import clock
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.links import case_link
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.receipts.keys import receipt_keys
from offboarding.receipts.model import Receipt
from offboarding.receipts.service import receipt_link
from offboarding.settings import REPOSITORY, Settings
from tests.channels.page import Page
from tests.channels.pages_site import Browser
from tests.factories import cancel, make_customer, make_subscription

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_directory=tmp_path,
        secret=SecretStr("s" * 40),
        public_url="http://testserver",
    )


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


def browser_of(settings: Settings, database: Database, policies: Policies) -> TestClient:
    application = FastAPI()
    application.include_router(router(settings, database, policies, LedgerBilling))
    return TestClient(application, raise_server_exceptions=False)


@pytest.fixture
def browser(settings: Settings, database: Database, policies: Policies) -> TestClient:
    return browser_of(settings, database, policies)


@pytest.fixture
def receipt(database: Database, policies: Policies) -> Receipt:
    """Of a cancellation that was agreed in a conversation of three messages."""
    with time_machine.travel(NOW, tick=False), database.write() as session:
        talk = open_conversation(session, "web", Preferences())
        say(session, talk, Outgoing("What do you need?", buttons=(Button("Cancel", "/cancel"),)))
        record(session, talk, author=Author.CUSTOMER, text="cancel it")
        record(session, talk, author=Author.CUSTOMER, text="yes")
        customer = make_customer(session)
        _, issued = cancel(
            session, customer, make_subscription(session, customer), policies, talk.id
        )
    with time_machine.travel(NOW + timedelta(seconds=1)), database.write() as session:
        record(session, hold(session, talk.id), author=Author.BOT, text="Done.")
    return issued


def page_path(receipt: Receipt, settings: Settings) -> str:
    return urlsplit(receipt_link(receipt.id, settings)).path


def signed_file(browser: TestClient, receipt: Receipt, settings: Settings) -> str:
    answer = browser.get(f"{page_path(receipt, settings)}/receipt.json")
    assert answer.status_code == 200
    return answer.text


def checked(browser: TestClient, text: str) -> Page:
    return Page(browser.post("/receipts/verify", files={"text": (None, text)}))


def test_the_page_leads_to_the_signed_file_which_is_genuine(
    browser: TestClient, receipt: Receipt, settings: Settings
) -> None:
    path = page_path(receipt, settings)
    page = Page(browser.get(path))
    for link in (f"{path}/receipt.json", f"{path}/conversation.jsonl", "/receipts/verify"):
        assert f'href="{link}"' in page.html
    answer = browser.get(f"{path}/receipt.json")
    document = answer.json()["receipt"]
    assert answer.headers["Content-Type"] == "application/json"
    name = f"receipt-{document['case_number']}-cancellation.json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Cache-Control"] == "no-store"
    verdict = checked(browser, answer.text)
    assert verdict.status == 200
    assert verdict.title.startswith("This receipt is genuine")
    for said in (
        "Larkspur Notes signed it on",
        "it proves what was confirmed then, not what happened later",
        document["case_number"],
        "Received on 23 November 2026, 09:30 (London time)",
        "Notice Ordinary cancellation, to the earliest date",
        "Given by Amara Okafor (amara@example.org)",
        "Contract Pro of Amara Okafor, since 14 November 2022",
        f"3 messages, SHA-256 {document['conversation']['sha256']}",
    ):
        assert said in verdict.text


def test_what_is_true_now_stands_beside_the_signed_document_and_not_in_it(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    before = signed_file(browser, receipt, settings)
    with database.write() as session:
        case = session.get_one(Case, receipt.case_id)
        undone = workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
    assert signed_file(browser, receipt, settings) == before
    assert "This cancellation was undone" in Page(browser.get(page_path(receipt, settings))).text
    assert checked(browser, before).title.startswith("This receipt is genuine")
    of_the_undoing = checked(browser, signed_file(browser, undone, settings))
    assert of_the_undoing.title.startswith("This receipt is genuine")
    assert "Undone on" in of_the_undoing.text
    assert "Next payment €29.00 on" in of_the_undoing.text


def test_where_content_is_downloaded_is_said_as_long_as_it_can_be(
    settings: Settings, database: Database, policies: Policies, receipt: Receipt
) -> None:
    content_url = HttpUrl("https://notes.example/download")
    browser = browser_of(
        settings.model_copy(update={"content_url": content_url}), database, policies
    )
    receipt_path = page_path(receipt, settings)
    case_path = urlsplit(case_link(receipt.case_id, settings)).path
    until = datetime.fromisoformat(receipt.document["content_until"])
    ends_at = datetime.fromisoformat(receipt.document["ends_at"])
    for moment in (NOW, ends_at + timedelta(days=1), until):
        with time_machine.travel(moment, tick=False):
            for path in (receipt_path, case_path):
                assert f'href="{content_url}"' in Page(browser.get(path)).html
    with time_machine.travel(until + timedelta(days=1), tick=False):
        for path in (receipt_path, case_path):
            assert str(content_url) not in Page(browser.get(path)).html
        said = Page(browser.get(receipt_path)).text
        assert "Could be downloaded until 13 January 2027, then it was deleted" in said


def test_the_conversation_up_to_the_yes_is_what_the_receipt_proves(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    known = json.loads(signed_file(browser, receipt, settings))["receipt"]["conversation"]
    Browser(browser, settings, database).sign_in("amara@example.org")
    answer = browser.get(f"{page_path(receipt, settings)}/conversation.jsonl")
    assert hashlib.sha256(answer.content).hexdigest() == known["sha256"]
    assert 'filename="conversation.jsonl"' in answer.headers["Content-Disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["author"], line["text"], line["choices"]) for line in lines] == [
        ("bot", "What do you need?", ["Cancel"]),
        ("customer", "cancel it", []),
        ("customer", "yes", []),
    ]
    assert known["messages"] == len(lines)


def test_a_conversation_that_is_gone_or_changed_is_not_handed_out(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    path = f"{page_path(receipt, settings)}/conversation.jsonl"
    assert Page(browser.get(path)).status == 404  # not signed yet
    signed_file(browser, receipt, settings)
    Browser(browser, settings, database).sign_in("amara@example.org")
    assert browser.get(path).status_code == 200
    with database.write() as session:
        second = session.scalars(sa.select(Message).where(Message.sequence == 2)).one()
        second.text = "keep it"
    page = Page(browser.get(path))
    assert page.status == 404
    assert "no longer kept" in page.text


def test_who_was_only_given_the_receipt_does_not_read_the_conversation(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    path = f"{page_path(receipt, settings)}/conversation.jsonl"
    signed_file(browser, receipt, settings)
    assert browser.get(path).url.path == "/cancel"
    with database.write() as session:
        make_customer(session, "other@example.org")
    Browser(browser, settings, database).sign_in("other@example.org")
    assert "cancel it" not in browser.get(path).text


def test_a_receipt_from_a_page_tells_of_no_conversation(
    browser: TestClient, settings: Settings, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        _, issued = cancel(
            session, customer, make_subscription(session, customer), policies, f"page-{'1' * 31}"
        )
    assert json.loads(signed_file(browser, issued, settings))["receipt"]["conversation"] is None
    path = page_path(issued, settings)
    assert "Download the conversation" not in Page(browser.get(path)).text
    assert Page(browser.get(f"{path}/conversation.jsonl")).status == 404


@pytest.mark.parametrize("document", ["receipt.json", "conversation.jsonl"])
def test_a_forged_link_to_a_file_leads_nowhere(browser: TestClient, document: str) -> None:
    assert Page(browser.get(f"/receipts/forged/{document}")).status == 404


def test_a_receipt_is_shown_without_a_key_to_sign_it_with(
    receipt: Receipt, settings: Settings, database: Database, policies: Policies
) -> None:
    live = settings.model_copy(update={"sandbox": False})
    browser = browser_of(live, database, policies)
    page = Page(browser.get(page_path(receipt, settings)))
    assert page.status == 200
    assert "Pro is cancelled" in page.text
    assert "signed" not in page.text
    later = Page(browser.get(f"{page_path(receipt, settings)}/receipt.json"))
    assert later.status == 404
    assert "try again later" in later.text


# Checking


def test_anybody_can_upload_a_file_without_a_visit_or_an_account(
    browser: TestClient, receipt: Receipt, settings: Settings
) -> None:
    file = signed_file(browser, receipt, settings)
    stranger = browser.__class__(browser.app)
    start = Page(stranger.get("/receipts/verify"))
    assert "<script" not in start.html
    assert "Set-Cookie" not in start.response.headers
    verdict = Page(
        stranger.post(
            "/receipts/verify", files={"file": ("receipt.json", file), "text": (None, "")}
        )
    )
    assert verdict.title.startswith("This receipt is genuine")
    assert not stranger.cookies


def test_pasted_text_counts_when_no_file_was_chosen(
    browser: TestClient, receipt: Receipt, settings: Settings
) -> None:
    """As browsers send it: an empty file without a name, and lines that end in CR LF."""
    file = signed_file(browser, receipt, settings).replace("\n", "\r\n")
    boundary = "0123456789"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
        "Content-Type: application/octet-stream\r\n\r\n\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="text"\r\n\r\n{file}\r\n'
        f"--{boundary}--\r\n"
    )
    answer = browser.post(
        "/receipts/verify",
        content=body.encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert Page(answer).title.startswith("This receipt is genuine")


def test_one_changed_character_is_told_and_nothing_else_is_shown(
    browser: TestClient, receipt: Receipt, settings: Settings
) -> None:
    file = signed_file(browser, receipt, settings)
    page = checked(browser, file.replace('"refund_minor": 0', '"refund_minor": 9'))
    assert page.status == 200
    assert page.title.startswith("This receipt was changed")
    assert "in `refund_minor`" in page.text
    assert "What was signed" not in page.text
    assert "amara" not in page.text


def test_a_retired_key_is_told_with_its_day(
    browser: TestClient, receipt: Receipt, settings: Settings
) -> None:
    file = signed_file(browser, receipt, settings)
    receipt_keys(settings).add()
    page = checked(browser, file)
    assert page.title.startswith("This receipt is genuine")
    assert "with a key that was retired on" in page.text


@pytest.mark.parametrize(
    ("text", "heading", "sentence"),
    [
        ("<script>alert(1)</script>", "This is no receipt", "begins with"),
        ('{"<b>": "', "This is no receipt", "cut short"),
        ('{"receipt": {}, "signature": "a.b.c"}', "This receipt is not proven", "never published"),
    ],
)
def test_what_is_no_receipt_is_told_so_in_a_sentence(
    browser: TestClient, text: str, heading: str, sentence: str
) -> None:
    page = checked(browser, text)
    assert page.status == 200
    assert page.title.startswith(heading)
    assert sentence in page.text
    assert text not in page.html


def test_nothing_at_all_is_asked_for_again(browser: TestClient) -> None:
    page = checked(browser, " \n")
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert "Choose the file of a receipt" in page.text


def test_a_megabyte_is_refused_before_it_is_read(browser: TestClient) -> None:
    page = checked(browser, '{"a": "' + "x" * 1_000_000 + '"}')
    assert page.status == 413
    assert "larger than any receipt" in page.text
    assert 'href="/receipts/verify">Choose another file</a>' in page.response.text


def test_what_is_too_large_for_a_receipt_and_not_for_the_form_is_told_so(
    browser: TestClient,
) -> None:
    assert "larger than 64 KiB" in checked(browser, '{"a": "' + "x" * 90_000 + '"}').text


def test_checking_leaves_no_trace(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    file = signed_file(browser, receipt, settings)
    with database.read() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Receipt))
    answer = checked(browser, file).response
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Receipt)) == before


# The keys


def test_the_keys_are_published_for_programs_anywhere(
    browser: TestClient, receipt: Receipt, settings: Settings
) -> None:
    file = json.loads(signed_file(browser, receipt, settings))
    answer = browser.get("/receipts/keys")
    assert answer.headers["Content-Type"].startswith("application/jwk-set+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    key = jwt.PyJWKSet.from_dict(answer.json())[jwt.get_unverified_header(file["signature"])["kid"]]
    payload = jwt.PyJWS().decode(file["signature"], key, algorithms=["EdDSA"])
    assert json.loads(payload) == file["receipt"]
    assert all("d" not in each for each in answer.json()["keys"])


def test_a_receipt_issued_before_receipts_were_signed_is_signed_when_it_is_asked_for(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    with database.write() as session:
        old = session.get_one(Receipt, receipt.id)
        later = ("declaration", "read_in")
        old.document = {name: old.document[name] for name in old.document if name not in later}
        old.conversation_id = None
    page = checked(browser, signed_file(browser, receipt, settings))
    assert page.title.startswith("This receipt is genuine")
    assert "Pro" in page.text
    assert Page(browser.get(page_path(receipt, settings))).status == 200


def test_a_page_that_could_be_signed_is_signed_once(
    browser: TestClient, receipt: Receipt, settings: Settings, database: Database
) -> None:
    for _ in range(2):
        browser.get(page_path(receipt, settings))
        with database.read() as session:
            signature = session.get_one(Receipt, receipt.id).signature
        assert signature is not None
        assert signature in signed_file(browser, receipt, settings)
    assert clock.now() > NOW
