"""How long Twilio waits for our answer to a webhook, and a customer for theirs."""

import time

import httpx
from twilio.request_validator import RequestValidator

from bench.figures import Times
from bench.sms.seat import seat
from channels.sms.connection import INBOUND_PATH
from tests.channels.sms.phone_house import PhoneHouse

SAMPLES = 200
WARMING = 20
_PHONES = 20


async def measured(samples: int = SAMPLES) -> tuple[Times, Times]:
    """The webhook's answer and the reply's arrival at Twilio, one text after the other.

    The assistant behind it answers at once: its own time is measured elsewhere.
    """
    answers, replies = [], []
    async with seat() as seated, seated.house() as house:
        for number in range(WARMING + samples):
            answered, replied = await _one(house, number)
            if number >= WARMING:
                answers.append(answered)
                replies.append(replied)
    return Times(answers), Times(replies)


async def _one(house: PhoneHouse, number: int) -> tuple[float, float]:
    """Milliseconds until the webhook was answered, and until Twilio had the reply."""
    phone, words = f"+4477009{number % _PHONES:05}", f"text {number}"
    began = time.perf_counter()
    response = await _webhook(house, phone, words, number)
    answered = 1_000 * (time.perf_counter() - began)
    response.raise_for_status()

    def has_reply() -> bool:
        return any(each.body == f"heard {words}" for each in house.twilio.phone.messages_to(phone))

    await house.twilio.phone.until(has_reply)
    replied = 1_000 * (time.perf_counter() - began)
    await house.twilio.phone.settled()  # the reports of this one are not part of the next
    return answered, replied


async def _webhook(house: PhoneHouse, phone: str, words: str, number: int) -> httpx.Response:
    fields = {
        "MessageSid": f"SM{number:032x}",
        "From": phone,
        "To": house.channel.connection.sender,
        "Body": words,
        "NumMedia": "0",
    }
    connection = house.channel.connection
    signature = RequestValidator(connection.auth_token).compute_signature(
        connection.public_url + INBOUND_PATH, fields
    )
    return await house.http.post(
        INBOUND_PATH, data=fields, headers={"X-Twilio-Signature": signature}
    )
