"""What the REST API refuses, and with which of Twilio's errors."""

import httpx
import pytest

from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import MAYA

GOOD = {"To": MAYA, "From": "+12025550100", "Body": "Hello"}


async def call(
    twilio: TwilioStandIn,
    method: str = "POST",
    path: str = "Messages.json",
    form: dict[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> httpx.Response:
    known = twilio.credentials
    address = f"{known.api_url}/2010-04-01/Accounts/{known.account_sid}/{path}"
    async with httpx.AsyncClient(auth=auth or (known.account_sid, known.auth_token)) as client:
        return await client.request(method, address, data=form)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "maya"}, 21211),
        ({"To": "+1202555"}, 21211),
        ({"To": "+12025550100"}, 21266),
        ({"From": ""}, 21603),
        ({"From": "not a sender!"}, 21212),
        ({"From": "+12025550101"}, 21606),
        ({"MessagingServiceSid": "MG" + 32 * "0"}, 21701),
        ({"Body": " "}, 21602),
        ({"Body": 1601 * "a"}, 21617),
        ({"StatusCallback": "nowhere"}, 21609),
    ],
)
async def test_what_can_t_be_sent_is_refused_with_its_code(
    twilio: TwilioStandIn, changes: dict[str, str], code: int
) -> None:
    answer = await call(twilio, form=GOOD | changes)
    assert answer.status_code == 400
    said = answer.json()
    assert said.keys() == {"code", "message", "more_info", "status"}
    assert (said["code"], said["status"]) == (code, 400)
    assert said["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert twilio.exchange.texts == []


async def test_a_text_of_1600_characters_is_taken(twilio: TwilioStandIn) -> None:
    answer = await call(twilio, form=GOOD | {"Body": 1600 * "a"})
    assert (answer.status_code, answer.json()["num_segments"]) == (201, "11")


@pytest.mark.parametrize("path", ["Messages.json", "IncomingPhoneNumbers.json", "Nothing.json"])
async def test_nobody_without_the_token_is_answered(twilio: TwilioStandIn, path: str) -> None:
    known = twilio.credentials
    for auth in ((known.account_sid, "wrong"), ("ACwrong", known.auth_token)):
        answer = await call(twilio, "GET", path, auth=auth)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


async def test_what_is_not_there_is_not_found(twilio: TwilioStandIn) -> None:
    for path in (f"Messages/SM{32 * '0'}.json", "Calls.json", "Messages"):
        answer = await call(twilio, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)


async def test_another_account_is_not_found(twilio: TwilioStandIn) -> None:
    known = twilio.credentials
    address = f"{known.api_url}/2010-04-01/Accounts/AC{32 * '0'}/Messages.json"
    async with httpx.AsyncClient(auth=(known.account_sid, known.auth_token)) as client:
        assert (await client.get(address)).status_code == 404


async def test_a_page_or_a_date_that_is_none_is_refused(twilio: TwilioStandIn) -> None:
    for query in ("PageSize=many", "PageToken=PASM0", "DateSent%3E=someday"):
        answer = await call(twilio, "GET", f"Messages.json?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)


async def test_every_way_to_write_a_date_is_understood(twilio: TwilioStandIn) -> None:
    await call(twilio, form=GOOD)
    for moment in ("2019-06-11", "2019-06-11 22:05:25.000", "Wed%2C 19 Jun 2019 22:04:00 -0000"):
        answer = await call(twilio, "GET", f"Messages.json?DateSent%3E={moment}")
        assert len(answer.json()["messages"]) == 1
        answer = await call(twilio, "GET", f"Messages.json?DateSent%3C={moment}")
        assert answer.json()["messages"] == []
