"""Mails come in by real SMTP, once each, and are read back whatever is in them."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from offboarding.settings import Settings
from sandbox.mailbox import MailServer, MailStore, framed
from sandbox.server import Sandbox

Send = Callable[..., None]


@pytest.fixture
def store(settings: Settings, sandbox: Sandbox) -> MailStore:
    """Another look at the same folder, as from another process."""
    return MailStore(settings.data_directory)


def test_a_mail_arrives_with_both_its_parts(store: MailStore, send: Send) -> None:
    send(subject="Beleg für Pro", text="Pro endet.", html="<p>Pro endet.</p>")
    [summary] = store.summaries()
    assert summary.subject == "Beleg für Pro"
    assert summary.recipients == ("maya.okafor@example.com",)
    mail = store.mail(summary.key)
    assert mail is not None
    assert mail.text is not None
    assert mail.text.strip() == "Pro endet."
    assert mail.html is not None
    assert mail.html.strip() == "<p>Pro endet.</p>"


def test_the_newest_mail_comes_first(store: MailStore, send: Send) -> None:
    for number in range(12):
        send(subject=str(number), message_id=f"<{number}@larkspur.example>")
    assert [each.subject for each in store.summaries()] == [str(n) for n in range(11, -1, -1)]


def test_the_same_mail_delivered_twice_is_kept_once(store: MailStore, send: Send) -> None:
    send()
    send()
    assert len(store.summaries()) == 1


def test_mails_without_an_id_are_all_kept(store: MailStore) -> None:
    store.keep(b"Subject: one\r\n\r\n", ["a@example.com"])
    store.keep(b"Subject: one\r\n\r\n", ["a@example.com"])
    assert len(store.summaries()) == 2


def test_mails_are_found_by_whom_they_were_delivered_to(store: MailStore, send: Send) -> None:
    send(to="Maya.Okafor@example.com")
    send(to="lena.vogt@example.com", message_id="<two@larkspur.example>")
    assert len(store.summaries("maya.okafor@example.com")) == 1
    assert store.summaries("nobody@example.com") == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00 no header at all",
        b"Subject: =?no-such-charset?b?QUJD?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=no-such-charset\r\n\r\nna\xefve",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: \xe4\xf6\r\nFrom: <<<@@\r\nMessage-ID: \r\n\r\n",
    ],
)
def test_a_malformed_mail_is_shown_as_well_as_it_can_be(store: MailStore, content: bytes) -> None:
    store.keep(content, ["maya.okafor@example.com"])
    [summary] = store.summaries()
    assert store.mail(summary.key) is not None


def test_a_mail_that_is_gone_is_none(store: MailStore, send: Send) -> None:
    send()
    [summary] = store.summaries()
    assert store.clear() == 1
    assert store.mail(summary.key) is None
    assert store.mail("../../etc/passwd") is None


def test_a_taken_port_is_left_and_mail_goes_to_a_free_one(tmp_path: Path, send: Send) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        settings = Settings(_env_file=None, data_directory=tmp_path, smtp_port=taken)
        server = MailServer(settings, MailStore(tmp_path))
        server.start()
        try:
            assert settings.smtp_port != taken
            with socket.create_connection(("127.0.0.1", settings.smtp_port)) as connection:
                assert connection.recv(4).startswith(b"220")
        finally:
            server.stop()


def test_no_mail_goes_to_another_server_whatever_was_set(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        data_directory=tmp_path,
        smtp_host="mail.example.com",
        smtp_port=0,
        smtp_user="somebody",
        smtp_starttls=True,
    )
    server = MailServer(settings, MailStore(tmp_path))
    server.start()
    try:
        assert (settings.smtp_host, settings.smtp_user) == ("127.0.0.1", "")
        assert not settings.smtp_starttls
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>x</p>", '<base target="_blank"><p>x</p>'),
        ("<!DOCTYPE html><p>x</p>", '<!DOCTYPE html><base target="_blank"><p>x</p>'),
        (
            '<html><HEAD lang="en"><base target="_top"></head>',
            '<html><HEAD lang="en"><base target="_blank"><base target="_top"></head>',
        ),
    ],
)
def test_links_of_a_mail_open_in_a_new_tab(html: str, shown: str) -> None:
    assert framed(html) == shown
