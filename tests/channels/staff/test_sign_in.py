"""Staff sign in by a link that is mailed; nobody else does, and nothing tells who may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from pydantic import SecretStr

from channels.staff.frame import SIGN_INS_A_MINUTE
from channels.web import limits
from offboarding.audit.model import AuditEntry
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.errors import ConfigurationError
from offboarding.settings import SANDBOX_STAFF, Settings
from offboarding.staff import sessions
from offboarding.staff.links import LINK_MINUTES, LINKS_FROM_ONE_BROWSER, LINKS_TO_ONE_ADDRESS
from offboarding.staff.model import StaffMember, StaffSession, StaffSignIn
from tests.channels.staff.conftest import NewWindow
from tests.channels.staff.staff_site import ROBIN, SAM, StaffBrowser
from tests.offboarding.at_once import at_once

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
EVERYWHERE = ["/staff", "/staff/cases", "/staff/due", "/staff/cases/7F3K-22A"]


def signed_in(window: StaffBrowser) -> bool:
    return window.open("/staff/cases").path == "/staff/cases"


def events(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(sa.select(AuditEntry.event).order_by(AuditEntry.sequence)))


def test_a_link_that_was_mailed_signs_in(window: StaffBrowser, database: Database) -> None:
    for path in EVERYWHERE:
        assert window.open(path).path == "/staff/sign-in"
    sent = window.ask(" Robin@Larkspur.Example ")
    assert "If this address may sign in, a link is on its way" in sent.text
    cases = window.follow(window.link(ROBIN))
    assert cases.path == "/staff/cases"
    assert ROBIN in cases.text
    assert events(database) == ["staff_signed_in"]


def test_the_cookie_is_read_by_no_script_and_the_pages_are_kept_by_nobody(
    window: StaffBrowser,
) -> None:
    window.ask(ROBIN)
    link = window.link(ROBIN)
    form = window.open(link).form(link)
    answer = window.client.post(link, data=form, follow_redirects=False)
    [cookie] = answer.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    headers = window.open("/staff/cases").response.headers
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy


def test_outside_this_machine_the_cookie_goes_over_https_alone(
    new_window: NewWindow, settings: Settings
) -> None:
    window = new_window(settings.model_copy(update={"public_url": "https://bye.example"}))
    answer = window.client.get("/staff/sign-in")
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert window.sign_in().path == "/staff/cases"


def test_without_https_there_is_no_sign_in_over_a_network(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="needs an https:// address"):
        _ = settings.model_copy(update={"public_url": "http://bye.example"}).staff


def test_an_address_that_is_not_on_the_list_reads_the_same_and_gets_no_mail(
    window: StaffBrowser, database: Database
) -> None:
    stranger, member = window.ask("stranger@example.org"), window.ask(ROBIN)
    assert (stranger.status, stranger.html) == (member.status, member.html)
    assert [address for address, _ in window.mailed()] == [ROBIN]
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 2
        marks = session.scalars(sa.select(StaffSignIn.address_mark)).all()
    assert all(len(mark) == 64 for mark in marks), "no address of a stranger is kept"


def test_what_is_no_address_is_said(window: StaffBrowser) -> None:
    page = window.ask("robin at larkspur")
    assert page.status == 400
    assert "does not look like an e-mail address" in page.text
    assert 'aria-invalid="true"' in page.html


def test_opening_a_link_uses_nothing_up(window: StaffBrowser) -> None:
    window.ask(ROBIN)
    link = window.link(ROBIN)
    for _ in range(3):  # as programs that read mail do
        assert window.open(link).status == 200
    assert not signed_in(window)
    assert window.follow(link).path == "/staff/cases"


def test_a_link_works_once(window: StaffBrowser, new_window: NewWindow) -> None:
    window.ask(ROBIN)
    link = window.link(ROBIN)
    before = window.open(link)
    assert window.send(before, link).path == "/staff/cases"
    window.send(window.open("/staff/cases"), "/staff/sign-out")
    again = window.send(before, link)
    assert again.status == 410
    assert not signed_in(window)
    assert window.open(link).status == 410


def test_pressed_twice_in_the_same_instant_it_signs_in_once(
    window: StaffBrowser, database: Database
) -> None:
    window.ask(ROBIN)
    link = window.link(ROBIN)
    form = window.open(link).form(link)

    def press(_number: int) -> int:
        return window.client.post(link, data=form, follow_redirects=False).status_code

    assert sorted(at_once(2, press)) == [303, 410]
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(StaffSession)) == 1


def test_a_link_is_good_in_the_browser_that_asked_for_it(
    window: StaffBrowser, new_window: NewWindow
) -> None:
    window.ask(ROBIN)
    link = window.link(ROBIN)
    thief = new_window()
    assert "works in the browser in which it was asked for" in thief.open(link).text
    token = thief.open("/staff/sign-in").form("/staff/sign-in")
    refused = thief.client.post(link, data=token)
    assert refused.status_code == 410
    assert not signed_in(thief)
    assert window.follow(link).path == "/staff/cases", "the thief has not used it up"


def test_an_old_link_is_refused(window: StaffBrowser) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        window.ask(ROBIN)
        link = window.link(ROBIN)
        page = window.open(link)
        time.shift(timedelta(minutes=LINK_MINUTES))
        assert window.send(page, link).status == 410
        assert window.open(link).status == 410
        assert not signed_in(window)
        assert window.mailed() == [], "what comes too late is not mailed"


@pytest.mark.parametrize("token", ["0" * 24, "zz", "ä", "a" * 300])
def test_a_link_that_nobody_made_leads_nowhere(window: StaffBrowser, token: str) -> None:
    window.open("/staff/sign-in")
    assert window.open(f"/staff/enter/{token}").status == 404


def test_who_is_off_the_list_before_the_press_is_not_let_in(
    window: StaffBrowser, new_window: NewWindow, settings: Settings
) -> None:
    window.ask(ROBIN)
    link = window.link(ROBIN)
    later = new_window(settings.model_copy(update={"staff_addresses": [SAM]}))
    later.client.cookies = window.client.cookies
    assert later.open(link).status == 410
    assert not signed_in(later)


def test_who_is_taken_off_the_list_is_signed_out_at_once(
    robin: StaffBrowser, new_window: NewWindow, settings: Settings
) -> None:
    later = new_window(settings.model_copy(update={"staff_addresses": [SAM]}))
    later.client.cookies = robin.client.cookies
    assert not signed_in(later)
    assert signed_in(robin)


@pytest.mark.parametrize(
    "forged",
    ["", "x", "a" * 5000, "ImFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWEi.forged", "bnVsbA.x"],
)
def test_a_forged_session_is_nobody(robin: StaffBrowser, forged: str) -> None:
    robin.client.cookies.set("offboarding-staff", forged, domain="127.0.0.1", path="/")
    for cookie in list(robin.client.cookies.jar):
        if cookie.name == "offboarding-staff" and cookie.value != forged:
            robin.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
    assert not signed_in(robin)


def test_a_cookie_of_the_sign_in_is_no_session(window: StaffBrowser) -> None:
    window.open("/staff/sign-in")
    value = window.client.cookies["offboarding-staff-browser"]
    window.client.cookies.set("offboarding-staff", value)
    assert not signed_in(window)


def test_signed_out_is_signed_out_also_for_a_copy_of_the_cookie(
    robin: StaffBrowser, new_window: NewWindow, database: Database
) -> None:
    copy = new_window()
    copy.client.cookies.update(robin.client.cookies)
    assert signed_in(copy)
    out = robin.send(robin.open("/staff/cases"), "/staff/sign-out")
    assert "You are signed out" in out.text
    assert not signed_in(robin)
    assert not signed_in(copy)
    assert events(database) == ["staff_signed_in", "staff_signed_out"]


def test_everybody_of_an_address_can_be_signed_out(
    robin: StaffBrowser, new_window: NewWindow, database: Database
) -> None:
    other = new_window()
    other.sign_in(SAM)
    with database.write() as session:
        assert sessions.end_all(session, ROBIN) == 1
        assert sessions.end_all(session, ROBIN) == 0
    assert not signed_in(robin)
    assert signed_in(other)


def test_half_an_hour_without_a_page_ends_it(window: StaffBrowser) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        window.sign_in()
        for _ in range(3):
            time.shift(timedelta(minutes=29))
            assert signed_in(window)
        time.shift(timedelta(minutes=30))
        assert not signed_in(window)


def test_eight_hours_end_it_whatever_is_done(window: StaffBrowser) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        window.sign_in()
        for _ in range(23):
            time.shift(timedelta(minutes=20))
            assert signed_in(window)
        time.shift(timedelta(minutes=20))
        assert not signed_in(window)


def test_what_is_sent_after_the_end_changes_nothing_and_says_so(window: StaffBrowser) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        page = window.sign_in()
        time.shift(timedelta(hours=1))
        answer = window.send(page, "/staff/sign-out")
    assert answer.path == "/staff/sign-in"
    assert "Nothing was changed by what you sent last" in answer.text


def test_so_many_links_are_asked_for_in_one_browser(window: StaffBrowser) -> None:
    for _ in range(LINKS_FROM_ONE_BROWSER):
        assert window.ask(ROBIN).status == 200
    refused = window.ask(ROBIN)
    assert refused.status == 429
    assert "none is mailed for an hour" in refused.text
    assert len(window.mailed()) == LINKS_FROM_ONE_BROWSER


def test_so_many_links_are_mailed_to_one_address(
    new_window: NewWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.staff.frame.SIGN_INS_A_MINUTE", 1000)
    answers = [new_window().ask(ROBIN).status for _ in range(LINKS_TO_ONE_ADDRESS + 1)]
    assert answers == [200] * LINKS_TO_ONE_ADDRESS + [429]
    strangers = [new_window().ask("x@example.org").status for _ in range(LINKS_TO_ONE_ADDRESS + 1)]
    assert strangers == answers, "nothing tells who may sign in"


def test_one_network_sends_no_more_forms_than_people_do(
    window: StaffBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.time, "monotonic", lambda: 0.0)
    page = window.open("/staff/sign-in")
    for _ in range(SIGN_INS_A_MINUTE):
        assert window.send(page, "/staff/sign-in", email="nobody").status == 400
    assert window.send(page, "/staff/sign-in", email="nobody").status == 429


def test_what_was_asked_for_is_forgotten_after_a_day(
    window: StaffBrowser, database: Database
) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        window.sign_in()
        window.send(window.open("/staff/cases"), "/staff/sign-out")
        time.shift(timedelta(days=2))
        window.sign_in()
    with database.read() as session:
        for table, count in ((StaffSignIn, 1), (StaffSession, 1), (StaffMember, 1)):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == count


def test_without_an_address_there_are_no_staff_pages(
    new_window: NewWindow, settings: Settings
) -> None:
    window = new_window(settings.model_copy(update={"staff_addresses": [], "sandbox": False}))
    for path in (*EVERYWHERE, "/staff/sign-in", "/staff/style.css"):
        assert window.open(path).status == 404
    assert window.client.post("/staff/sign-in", data={"email": ROBIN}).status_code == 404


def test_the_sandbox_has_a_made_up_person(new_window: NewWindow, settings: Settings) -> None:
    window = new_window(settings.model_copy(update={"staff_addresses": []}))
    assert SANDBOX_STAFF in window.open("/staff/sign-in").text
    assert window.sign_in(SANDBOX_STAFF).path == "/staff/cases"


def test_a_made_up_person_is_of_no_use_where_there_is_no_encryption(settings: Settings) -> None:
    insecure = {"staff_addresses": [], "public_url": "http://bye.example"}
    assert settings.model_copy(update=insecure).staff == frozenset()


@pytest.mark.parametrize("given", ["robin", "robin@larkspur.example, sam"])
def test_a_list_with_what_is_no_address_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        Settings(_env_file=None, staff_addresses=given)  # type: ignore[arg-type]


def test_a_list_is_read_from_between_commas_in_lower_case() -> None:
    given = Settings(
        _env_file=None,
        secret=SecretStr("s" * 40),
        staff_addresses=" Robin@Larkspur.example,sam@larkspur.example ,",  # type: ignore[arg-type]
    )
    assert given.staff == {ROBIN, SAM}


def test_a_time_zone_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        Settings(_env_file=None, company_time_zone="Europe/Atlantis")
