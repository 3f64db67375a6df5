"""The mail with the link: to who may sign in, and to nobody else."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from channels.staff.letters import staff_letter_handlers
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.settings import Settings
from offboarding.staff import links
from tests.channels.staff.staff_site import ROBIN, StaffBrowser
from tests.channels.test_mail import Mailbox, html_of, text_of
from tests.sandbox.conftest import free_port


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    taken, settings.smtp_port = Mailbox(), free_port()
    controller = Controller(taken, hostname="127.0.0.1", port=settings.smtp_port)
    controller.start()
    yield taken
    controller.stop()


def send_all(settings: Settings, database: Database) -> None:
    """Carry out every task that mails a link."""
    with database.read() as session:
        subjects = session.scalars(sa.select(Task.subject_id).where(Task.kind == links.MAIL)).all()
    for subject in subjects:
        staff_letter_handlers(settings, database)[links.MAIL](subject)


def test_the_mail_has_the_link_that_signs_in(
    window: StaffBrowser, mailbox: Mailbox, settings: Settings, database: Database
) -> None:
    window.ask(ROBIN)
    window.ask("stranger@example.org")
    send_all(settings, database)
    mail = mailbox.one()
    assert mail["To"] == ROBIN
    link = next(line for line in text_of(mail).splitlines() if line.startswith("http"))
    assert link in html_of(mail)
    assert window.follow(urlsplit(link).path).path == "/staff/cases"


def test_a_link_that_was_used_is_mailed_no_more(
    window: StaffBrowser, mailbox: Mailbox, settings: Settings, database: Database
) -> None:
    window.sign_in()
    send_all(settings, database)
    assert mailbox.taken == []
