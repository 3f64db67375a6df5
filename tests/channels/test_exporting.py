"""Conversations in the copy of the data: all of the customer's, once, and nobody else's."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from channels.conversations.messages import record, say
from channels.conversations.model import Author, Conversation
from channels.conversations.outgoing import Button, Outgoing
from channels.conversations.service import Preferences, open_conversation
from channels.sms.joining import join
from channels.sms.lines import hold_line
from offboard.off_boarding import KEPT
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.database import Database
from offboarding.exports import service as exports
from offboarding.exports.archive.verification import verify
from offboarding.exports.model import Export
from offboarding.exports.sources.own_data import OF_BUSINESS
from offboarding.identity import service as identity
from offboarding.policies.exports import OwnData
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.channels.sms.phone_house import AMARA
from tests.factories import make_customer
from tests.offboarding.exports.making import csv_rows, json_rows, opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_directory=tmp_path, secret=SecretStr("s" * 40))


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


def talk_of(
    session: Session, customer: Customer | None, settings: Settings, channel: str = "web"
) -> Conversation:
    """A conversation with this customer, or with nobody known."""
    talk = open_conversation(session, channel, Preferences())
    if customer is not None:
        identity.identify_by_mailed_link(session, talk.id, customer.id, settings)
    return talk


def copy_for(
    database: Database, customer: Customer, settings: Settings, policies: Policies
) -> Export:
    with database.write() as session:
        export = exports.request(session, session.get_one(Customer, customer.id), "1" * 32)
    exports.build(database, export.id, settings, policies, KEPT)
    return export


def test_every_kind_of_data_that_policy_can_name_is_kept_by_somebody() -> None:
    assert {*OF_BUSINESS, *KEPT} == set(OwnData)
    assert not OF_BUSINESS.keys() & KEPT.keys()


def test_what_was_said_is_in_the_copy_with_who_said_it_and_when(
    database: Database, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        talk = talk_of(session, amara, settings)
        question = Outgoing(
            "Shall I cancel it?", (Button("Cancel it", "/affirm"), Button("Keep it", "/deny"))
        )
        say(session, talk, question)
        record(session, talk, author=Author.CUSTOMER, text="=1+1 please 🙈")
        record(session, talk, author=Author.AGENT, author_name="Sam", text="I'm here.")
        card = {
            "kind": "receipt",
            "title": "Receipt",
            "rows": [{"label": "Ends", "value": "14 December"}],
            "links": [{"title": "Open", "url": "https://bye.example/secret"}],
            "note": None,
        }
        say(session, talk, Outgoing("Done.", card=card), author=Author.SYSTEM)
        said_at = clock.now()
    export = copy_for(database, amara, settings, policies)
    with opened(export, settings) as archive:
        rows = json_rows(archive, "conversations")
        assert [(row["number"], row["by"], row["name"], row["text"]) for row in rows] == [
            (1, "the automated assistant", None, "Shall I cancel it?"),
            (2, "you", None, "=1+1 please 🙈"),
            (3, "a person of our team", "Sam", "I'm here."),
            (4, "a notice in the chat", None, "Done."),
        ]
        assert [row["choices"] for row in rows] == [["Cancel it", "Keep it"], None, None, None]
        assert rows[3]["facts"]["rows"] == [{"label": "Ends", "value": "14 December"}]
        assert {row["channel"] for row in rows} == {"web"}
        assert all(datetime.fromisoformat(row["at"]) <= said_at for row in rows)
        assert csv_rows(archive, "conversations")[1]["text"] == "'=1+1 please 🙈", "no formula"
        assert b"secret" not in archive.read("data/conversations.jsonl")
        assert b"Who wrote it." in archive.read("dictionary.json")
        assert b"what you were answered" in archive.read("README.html")
    verdict = verify(exports.export_path(export.id, settings))
    assert not verdict.problems
    [counted] = [each for each in verdict.manifest.sources if each.name == "conversations"]
    assert (counted.counted, counted.written) == (4, 4)


def test_nobody_elses_words_are_in_the_copy(
    database: Database, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        amara, ben = make_customer(session), make_customer(session, "ben@example.org")
        for whose in (ben, None):
            record(session, talk_of(session, whose, settings), author=Author.CUSTOMER, text="Ben's")
        shared = talk_of(session, ben, settings)
        record(session, shared, author=Author.CUSTOMER, text="Ben's, on the same computer")
        for _ in range(2):
            identity.identify_by_mailed_link(session, shared.id, amara.id, settings)
        record(session, shared, author=Author.CUSTOMER, text="Amara's, after him")
        own = talk_of(session, amara, settings)
        record(session, own, author=Author.CUSTOMER, text="Amara's")
    export = copy_for(database, amara, settings, policies)
    with opened(export, settings) as archive:
        assert [row["text"] for row in json_rows(archive, "conversations")] == ["Amara's"]


def test_a_conversation_whose_identity_has_lapsed_since_is_still_theirs(
    database: Database, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        talk = talk_of(session, amara, settings)
        record(session, talk, author=Author.CUSTOMER, text="Months ago")
        known = identity.valid_identity(session, talk.id)
        assert known is not None
        known.lapses_at = clock.now() - timedelta(days=100)
    export = copy_for(database, amara, settings, policies)
    with opened(export, settings) as archive:
        assert [row["text"] for row in json_rows(archive, "conversations")] == ["Months ago"]


def test_what_was_said_by_text_is_there_once_after_the_talks_were_joined(
    database: Database, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        website = talk_of(session, amara, settings)
        record(session, website, author=Author.CUSTOMER, text="On the website")
        line = hold_line(session, AMARA, "+12025550100")
        by_text = talk_of(session, amara, settings, channel="sms")
        record(session, by_text, author=Author.CUSTOMER, text="By text")
        line.conversation_id = by_text.id
        session.flush()
        assert join(session, line, settings)
    export = copy_for(database, amara, settings, policies)
    with opened(export, settings) as archive:
        rows = json_rows(archive, "conversations")
    assert [row["text"] for row in rows] == ["On the website", "By text"]
