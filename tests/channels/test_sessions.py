"""Who may open a conversation, and from which pages."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from channels.conversations.model import Conversation
from channels.web.session_tokens import LIFETIME_SECONDS, SessionTokens
from offboarding import clock
from offboarding.database import Database, new_identifier
from offboarding.settings import Settings
from tests.channels.conftest import Site
from tests.channels.talk import Talk


async def test_another_conversations_token_does_not_open_this_one(site: Site) -> None:
    mine, other = await Talk.begin(site.http), await Talk.begin(site.http)
    await _is_refused(site, other.id, mine.token)


async def test_a_forged_token_opens_nothing(site: Site) -> None:
    talk = await Talk.begin(site.http)
    signature = "A" if talk.token[-2] != "A" else "B"
    forged = SessionTokens("another secret, just as long as ours").make(talk.id)
    for token in (forged, talk.token[:-2] + signature + talk.token[-1], talk.id, "x", "a.b.c"):
        await _is_refused(site, talk.id, token)


async def test_no_token_opens_nothing(site: Site) -> None:
    talk = await Talk.begin(site.http)
    response = await site.http.get(talk.path)
    assert response.status_code == 401
    assert response.json()["type"] == "session_invalid"


async def test_a_token_of_other_signed_things_opens_nothing(site: Site, settings: Settings) -> None:
    talk = await Talk.begin(site.http)
    tokens = SessionTokens(settings.signing_secret)
    for wrong in (tokens._serializer.dumps(value) for value in (None, 5, {}, [talk.id])):
        assert not tokens.opens(wrong, talk.id)


async def test_a_token_ends_after_thirty_days(site: Site, settings: Settings) -> None:
    tokens = SessionTokens(settings.signing_secret)
    conversation_id = new_identifier()
    token = tokens.make(conversation_id)
    with time_machine.travel(clock.now() + timedelta(seconds=LIFETIME_SECONDS - 60)):
        assert tokens.opens(token, conversation_id)
    with time_machine.travel(clock.now() + timedelta(seconds=LIFETIME_SECONDS + 60)):
        assert not tokens.opens(token, conversation_id)


async def test_an_unknown_conversation_looks_like_a_wrong_token(
    site: Site, settings: Settings
) -> None:
    unknown = new_identifier()
    await _is_refused(site, unknown, SessionTokens(settings.signing_secret).make(unknown))


async def test_a_genuine_identity_token_identifies(site: Site) -> None:
    talk = await Talk.begin(site.http, identity_token="genuine")
    assert talk.identified
    assert (await talk.status())["identified"]
    assert not (await Talk.begin(site.http)).identified


@pytest.mark.parametrize(
    ("token", "word"),
    [("forged", "identity_token_invalid"), ("expired", "identity_token_expired")],
)
async def test_a_wrong_identity_token_makes_no_conversation(
    site: Site, database: Database, token: str, word: str
) -> None:
    response = await site.http.post("/api/conversations", json={"identity_token": token})
    assert response.status_code == 401
    assert response.json()["type"] == word
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Conversation)) == 0


@pytest.mark.parametrize(("token", "status"), [("\\ud800", 400), ("ü", 401), ("", 401)])
async def test_an_identity_token_of_another_form_is_refused(
    site: Site, token: str, status: int
) -> None:
    body = f'{{"identity_token": "{token}"}}'.encode()
    response = await site.http.post(
        "/api/conversations", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == status


async def test_the_cancel_page_needs_the_session(site: Site) -> None:
    talk = await Talk.begin(site.http)
    response = await site.http.post(f"{talk.path}/cancel-page", headers=talk.headers)
    assert response.json() == {"url": f"http://shop.example/cancel/enter/for-{talk.id}"}
    assert (await site.http.post(f"{talk.path}/cancel-page")).status_code == 401


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://www.shop.example", True),
        ("http://127.0.0.1:8000", True),
        ("https://evil.example", False),
        ("https://www.shop.example.evil.example", False),
        ("null", False),
    ],
)
async def test_only_the_companys_pages_may_call(site: Site, origin: str, allowed: bool) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    response = await site.http.options("/api/conversations", headers=asked)
    assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
    refused = await site.http.get("/api/conversations/x", headers={"Origin": origin})
    assert refused.headers.get("access-control-allow-origin") == (origin if allowed else None)


async def _is_refused(site: Site, conversation_id: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "a-good-key"}
    path = f"/api/conversations/{conversation_id}"
    for response in (
        await site.http.get(path, headers=headers),
        await site.http.get(f"{path}/events", headers=headers),
        await site.http.post(f"{path}/messages", json={"text": "hello"}, headers=headers),
        await site.http.post(f"{path}/cancel-page", headers=headers),
    ):
        assert response.status_code == 401
        assert response.json()["type"] == "session_invalid"
