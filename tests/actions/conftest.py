"""A talk without a model: the test says what was heard, the real actions answer."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from pydantic import SecretStr

from actions.endpoint import ACTIONS
from actions.running import answer_message
from actions.turn import Heard, Turn
from offboarding.accounts.model import Customer, Subscription
from offboarding.database import Database
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge, VerifiedIdentity
from offboarding.identity.service import code_for
from offboarding.identity.token import AUDIENCE
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from tests.factories import make_customer, make_plan, make_subscription
from tests.office_hours import TUESDAY_MORNING, with_office_hours

_BY_NAME = {action.action_name: action for action in ACTIONS}


@dataclass
class Hearing:
    """A conversation whose messages are understood as the test says."""

    database: Database
    settings: Settings
    policies: Policies
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    slots: dict[str, Any] = field(default_factory=dict)
    last: list[dict[str, Any]] = field(default_factory=list)

    def hear(
        self,
        action: str,
        *intents: str,
        text: str = "",
        entities: dict[str, str] | None = None,
        pressed: bool = False,
        confidence: float = 0.97,
        ranking: dict[str, float] | None = None,
        overtaken: bool = False,
    ) -> list[str]:
        """The names of the responses that `action` answers a message with."""
        with self.database.write() as session:
            turn = Turn(
                session=session,
                settings=self.settings,
                policies=self.policies,
                phrase=lambda name: name.removeprefix("utter_"),
                conversation_id=self.id,
                message_id=uuid.uuid4().hex,
                heard=Heard(
                    text=text,
                    intents=intents,
                    entities=[{"entity": name, "value": x} for name, x in (entities or {}).items()],
                    pressed=pressed,
                    confidence=confidence,
                    ranking=ranking or {},
                    overtaken=overtaken,
                ),
                slots=dict(self.slots),
            )
            answer_message(turn, _BY_NAME[action]())
            self.slots |= turn.changed
            self.last = turn.messages
            return [message["response"] for message in turn.messages]

    @property
    def external_id(self) -> str:
        """What the company calls the one customer there is."""
        with self.database.read() as session:
            return session.query(Customer).one().external_id

    @property
    def question(self) -> str | None:
        """What is open."""
        return self.slots.get("open_question")

    def said_last(self, response: str) -> dict[str, str]:
        """The values that were given to a response of the last answer."""
        return next(each["values"] for each in self.last if each["response"] == response)

    def identify(self, external_id: str) -> None:
        """Let the company's website say who speaks."""
        expires = datetime.now(UTC) + timedelta(minutes=5)
        claims = {"sub": external_id, "aud": AUDIENCE, "exp": expires}
        token = jwt.encode(claims, self.settings.identity_signing_secret, algorithm="HS256")
        with self.database.write() as session:
            identity.identify_by_token(session, self.id, token, self.settings)

    def identify_by_code(self) -> list[str]:
        """Amara gives her address and the code; what the right code is answered with."""
        entities = {"email": "amara@example.org"}
        self.hear("action_take_email", "nlu_fallback", entities=entities, confidence=0.9)
        with self.database.read() as session:
            code = code_for(session.query(CodeChallenge).one().id, self.settings)
        given = {"code": code}
        return self.hear("action_take_code", "nlu_fallback", entities=given, confidence=0.9)

    def lapse(self) -> None:
        """Let the silence be so long that nobody knows any more who speaks."""
        with self.database.write() as session:
            known = session.get_one(VerifiedIdentity, self.id)
            known.lapses_at = known.verified_at

    def subscription(self, plan: str) -> Subscription:
        """A subscription, as the database has it now."""
        with self.database.read() as session:
            return next(
                each for each in session.query(Subscription).all() if each.plan.name == plan
            )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        secret=SecretStr("the signing secret of the tests, long enough"),
        identity_secret=SecretStr("the identity secret of the tests, long enough"),
        data_directory=tmp_path,
        sandbox_desk=False,
    )


@pytest.fixture
def desk(settings: Settings) -> Iterator[time_machine.Traveller]:
    """A company with a desk, on a morning on which every team is there; the clock stands still."""
    settings.sandbox_desk = True
    with time_machine.travel(TUESDAY_MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def stranger(database: Database, settings: Settings, tmp_path: Path) -> Hearing:
    """A conversation with somebody we do not know; Amara with her Pro plan is a customer."""
    with database.write() as session:
        basic = make_plan(session, "Basic", price="9.00")
        make_subscription(session, make_customer(session), make_plan(session, smaller_plan=basic))
    return Hearing(database, settings, Policies(with_office_hours(tmp_path)))


@pytest.fixture
def amara(stranger: Hearing) -> Hearing:
    """A conversation with Amara, who has the Pro plan."""
    stranger.identify(stranger.external_id)
    return stranger


@pytest.fixture
def amara_with_two_plans(amara: Hearing) -> Hearing:
    """A conversation with Amara, who has Pro and Basic."""
    with amara.database.write() as session:
        make_subscription(session, session.query(Customer).one(), make_plan(session, "Basic"))
    return amara
