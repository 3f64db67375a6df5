"""The sandbox's pages: who one is, what the database says, what is mailed, and what is refused."""

import re
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from fastapi.testclient import TestClient

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.background.model import Task
from offboarding.background.port import Handlers, Look
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database, new_identifier
from offboarding.erasure.model import Erasure
from offboarding.errors import ConfigurationError, IdentityTokenExpiredError
from offboarding.identity.service import identify_by_token
from offboarding.insights.period import last_days
from offboarding.insights.service import insights
from offboarding.insights.words import said
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps.reconciler import reconcile
from sandbox import history
from sandbox.customers import CUSTOMERS, DemoCustomer
from sandbox.mailbox import MailStore
from sandbox.pages import router
from sandbox.server import Sandbox


class NoEngine:
    """A BackgroundEngine that nobody has to wake."""

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:
        raise NotImplementedError

    def wake(self) -> None:
        """There is nothing to do."""

    def healthy(self) -> bool:
        return True

    def stop(self) -> None:
        raise NotImplementedError


HERE = Path(router.__code__.co_filename).parent


def token_on(page: str) -> str:
    found = re.search(r'<script src="/widget.js" defer [^>]*data-identity-token="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


def sign_in(client: TestClient, external_id: str) -> str:
    answer = client.post("/sandbox/sign-in", data={"customer": external_id})
    assert answer.status_code == 200
    assert answer.url.path == "/"
    page: str = answer.text
    return page


def cancel(database: Database, settings: Settings, external_id: str) -> str:
    """Cancel as a chat would; the case number."""
    policies = Policies(settings.policy_directory)
    with database.write() as session:
        customer = accounts.customer_by_external_id(session, external_id)
        assert customer is not None
        billing = LedgerBilling(session)
        [subscription] = accounts.subscriptions(session, customer.account_id)
        case = cases.open_case(session, customer, subscription, new_identifier())
        cases.show_terms(session, case, billing, policies)
        workflow.confirm(session, case, customer, billing=billing, policies=policies, source="test")
        return case.number


class TestSigningIn:
    def test_nobody_is_signed_in_at_first_and_the_widget_is_told_so(
        self, client: TestClient
    ) -> None:
        page = client.get("/").text
        assert "Not signed in" in page
        assert token_on(page) == ""

    @pytest.mark.parametrize("described", CUSTOMERS, ids=lambda each: each.external_id)
    def test_the_widget_gets_a_token_that_the_business_accepts(
        self, client: TestClient, database: Database, settings: Settings, described: DemoCustomer
    ) -> None:
        external_id = described.external_id
        token = token_on(sign_in(client, external_id))
        with database.write() as session:
            customer = identify_by_token(session, new_identifier(), token, settings)
            assert customer.external_id == external_id

    def test_a_token_expires_and_the_page_can_have_a_fresh_one(
        self, client: TestClient, database: Database, settings: Settings
    ) -> None:
        token = token_on(sign_in(client, "maya-okafor"))
        with time_machine.travel(clock.now().timestamp() + 11 * 60), database.write() as session:
            with pytest.raises(IdentityTokenExpiredError):
                identify_by_token(session, new_identifier(), token, settings)
            fresh = client.get("/sandbox/identity.json").json()["identity_token"]
            assert identify_by_token(session, new_identifier(), fresh, settings)

    def test_signing_out_forgets_the_customer(self, client: TestClient) -> None:
        sign_in(client, "maya-okafor")
        page = client.post("/sandbox/sign-out").text
        assert token_on(page) == ""
        assert client.get("/sandbox/identity.json").json() == {"identity_token": None}

    def test_each_customer_is_another_visit_and_the_same_one_stays(
        self, client: TestClient
    ) -> None:
        visits = []
        for external_id in ("maya-okafor", "lena-vogt", "maya-okafor"):
            sign_in(client, external_id)
            visits.append(client.get("/sandbox/state.json").json()["visit"])
        assert visits[0] == visits[2] != visits[1]

    def test_nobody_else_can_be_signed_in_as(self, client: TestClient) -> None:
        answer = client.post("/sandbox/sign-in", data={"customer": "somebody-else"})
        assert answer.status_code == 404

    def test_a_forged_cookie_signs_nobody_in(self, client: TestClient) -> None:
        client.cookies.set("larkspur_customer", '"maya-okafor".AAAA')
        assert token_on(client.get("/").text) == ""


class TestAnotherWebsite:
    @pytest.mark.parametrize("path", ["sign-in", "sign-out", "reset", "history", "time"])
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
            {"Origin": "http://testserver:9000", "Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_cannot_send_the_forms(
        self, client: TestClient, resets: list[str], path: str, headers: dict[str, str]
    ) -> None:
        answer = client.post(f"/sandbox/{path}", data={"customer": "maya-okafor"}, headers=headers)
        assert answer.status_code == 403
        assert resets == []

    def test_gets_no_cookie_along(self, client: TestClient) -> None:
        answer = client.post(
            "/sandbox/sign-in", data={"customer": "maya-okafor"}, follow_redirects=False
        )
        cookie = answer.headers["set-cookie"].lower()
        assert "samesite=strict" in cookie
        assert "httponly" in cookie

    @pytest.mark.parametrize("path", ["/", "/sandbox/mailbox"])
    def test_cannot_frame_or_script_a_page(self, client: TestClient, path: str) -> None:
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", answer.text)


class TestAccount:
    @pytest.mark.parametrize("described", CUSTOMERS, ids=lambda each: each.external_id)
    def test_every_customer_sees_their_plans(
        self, client: TestClient, described: DemoCustomer
    ) -> None:
        page = sign_in(client, described.external_id)
        assert f"Hello, {described.full_name.split()[0]}" in page

    def test_a_cancellation_shows_in_the_next_state(
        self, client: TestClient, database: Database, settings: Settings
    ) -> None:
        sign_in(client, "maya-okafor")
        before = client.get("/sandbox/state.json").json()
        assert "Renews on" in before["account"]
        number = cancel(database, settings, "maya-okafor")
        after = client.get("/sandbox/state.json").json()
        assert after["visit"] == before["visit"]
        for text in ("state-cancelled", "Ends on", "<dd>None</dd>", number, "Cancelled, Pro"):
            assert text in after["account"]
        assert "Renews on" not in after["account"]

    def test_whatever_the_ledger_says_has_a_word_on_the_page(
        self, client: TestClient, database: Database
    ) -> None:
        with database.write() as session:
            maya = accounts.customer_by_external_id(session, "maya-okafor")
            assert maya is not None
            [pro] = accounts.subscriptions(session, maya.account_id)
            for kind in EntryKind:
                session.add(
                    LedgerEntry(
                        subscription_id=pro.id,
                        kind=kind,
                        amount_minor=0,
                        currency="EUR",
                        key=f"test:{kind}",
                        occurred_at=clock.now(),
                        details={},
                    )
                )
        page = sign_in(client, "maya-okafor")
        assert "Payment method forgotten, Pro" in page
        assert client.get("/sandbox/state.json").status_code == 200

    def test_a_name_with_markup_is_shown_as_text(
        self, client: TestClient, database: Database
    ) -> None:
        with database.write() as session:
            maya = session.scalars(
                sa.select(Customer).where(Customer.external_id == "maya-okafor")
            ).one()
            maya.full_name = "<img/src=x>"
        page = sign_in(client, "maya-okafor")
        assert "<img" not in page
        assert "Hello, &lt;img/src=x&gt;" in page


class TestMailbox:
    def test_is_empty_at_first_and_says_so(self, client: TestClient) -> None:
        assert "No mail yet" in client.get("/sandbox/mailbox").text

    def test_counts_and_lists_what_arrives(
        self, client: TestClient, send: Callable[..., None]
    ) -> None:
        send(subject="Your receipt")
        assert client.get("/sandbox/state.json").json()["mails"] == 1
        assert "Your receipt" in client.get("/sandbox/mailbox").text
        assert "Your receipt" not in client.get("/sandbox/mailbox?to=lena.vogt@example.com").text

    def test_a_hostile_mail_is_escaped_and_inert(
        self, client: TestClient, settings: Settings, send: Callable[..., None]
    ) -> None:
        script = "<script>alert(1)</script>"
        send(subject=script, text=f"{script} http://127.0.0.1/receipts/a", html=f"<b>{script}</b>")
        [summary] = MailStore(settings.data_directory).summaries()
        page = client.get(f"/sandbox/mailbox?message={summary.key}").text
        plain = client.get(f"/sandbox/mailbox?message={summary.key}&as_text=true").text
        assert script not in page + plain
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in plain
        assert 'target="_blank"' in plain
        frame = re.search(r"<iframe[^>]*>", page)
        assert frame is not None
        assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]

        framed = client.get(f"/sandbox/mailbox/{summary.key}/html")
        policy = framed.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-popups")
        assert "default-src 'none'" in policy
        assert "allow-scripts" not in policy
        assert "script-src" not in policy

    def test_a_mail_that_is_gone_is_said_to_be(self, client: TestClient) -> None:
        answer = client.get("/sandbox/mailbox?message=0.M1P1Q1.gone")
        assert "not here any more" in answer.text
        assert client.get("/sandbox/mailbox/0.M1P1Q1.gone/html").status_code == 404


class TestReset:
    def test_says_what_it_deleted_and_tells_the_application(
        self,
        client: TestClient,
        database: Database,
        settings: Settings,
        resets: list[str],
        send: Callable[..., None],
    ) -> None:
        send()
        sign_in(client, "maya-okafor")
        cancel(database, settings, "maya-okafor")
        visit = client.get("/sandbox/state.json").json()["visit"]
        page = client.post("/sandbox/reset").text
        assert "Deleted: 0 conversations, 2 cases, 1 mail and 0 data exports." in page
        assert resets == ["done"]
        assert "Renews on" in page
        assert client.get("/sandbox/state.json").json()["visit"] != visit
        assert "Deleted:" not in client.get("/").text

    @pytest.mark.parametrize(
        ("came_from", "goes_to"),
        [
            ("http://testserver/sandbox/mailbox?to=a@example.com", "/sandbox/mailbox"),
            ("http://testserver/healthz", "/"),
            ("https://evil.example/sandbox/mailbox", "/"),
        ],
    )
    def test_leads_back_to_the_page_one_was_on(
        self, client: TestClient, came_from: str, goes_to: str
    ) -> None:
        answer = client.post("/sandbox/reset", headers={"Referer": came_from})
        assert answer.url.path == goes_to
        assert "Everything is as on the first day." in answer.text
        assert "everything at the desk" in answer.text


class TestAMadeUpYear:
    def test_is_written_once_and_there_is_something_to_learn_from_it(
        self, client: TestClient, database: Database
    ) -> None:
        page = client.post("/sandbox/history").text
        assert f"{history.WISHES} made-up wishes of a year were written" in page
        with database.read() as session:
            found = insights(session, last_days(365, ZoneInfo("UTC")))
            cases = found.all.wishes
            assert cases >= history.WISHES
            assert min(found.all.left, found.all.stayed, found.all.undecided) > 0
            assert len(found.reasons) == len(ChurnReason) + 1
            assert found.offers
            assert found.holdouts
            assert said(session, found.period).said
        assert "The made-up year is here already." in client.post("/sandbox/history").text
        with database.read() as session:
            assert insights(session, found.period).all.wishes == cases

    def test_leaves_nothing_to_do(self, client: TestClient, database: Database) -> None:
        with database.read() as session:
            before = session.scalar(sa.select(sa.func.count(Task.id)))
        client.post("/sandbox/history")
        reconcile(database, NoEngine(), Policies(REPOSITORY / "policy").retention)
        with database.read() as session:
            assert session.scalar(sa.select(sa.func.count(Task.id))) == before
            assert session.scalar(sa.select(sa.func.count(Erasure.id))) == 0

    def test_goes_with_a_reset(self, client: TestClient, database: Database) -> None:
        client.post("/sandbox/history")
        client.post("/sandbox/reset")
        with database.read() as session:
            found = insights(session, last_days(365, ZoneInfo("UTC")))
            assert found.all.wishes < history.WISHES


class TestOutsideTheSandbox:
    @pytest.fixture
    def production(self, tmp_path: Path) -> Settings:
        return Settings(_env_file=None, data_directory=tmp_path, sandbox=False)

    def test_there_are_no_pages(self, database: Database, production: Settings) -> None:
        store = MailStore(production.data_directory)
        with pytest.raises(ConfigurationError, match="The sandbox is off"):
            router(production, database, store, lambda: None)

    def test_there_is_no_server(self, database: Database, production: Settings) -> None:
        with pytest.raises(ConfigurationError, match="The sandbox is off"):
            Sandbox(production, database)


def test_only_known_files_are_served(client: TestClient) -> None:
    for path in (HERE / "static").glob("[!d]*"):  # desk* is served by the desk's own route
        assert client.get(f"/sandbox/static/{path.name}").status_code == 200
    assert client.get("/sandbox/static/..%2Fpages.py").status_code == 404
