"""How long a customer waits for the answer to their yes, in the chat of the whole house."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.figures import Times
from bench.processes import BenchError
from offboarding import clock
from offboarding.database import new_identifier
from tests.conversations.talk import Talk
from tests.factories import make_customer, make_subscription
from tests.house import House, open_house

DONE = "is cancelled and ends on"
WARMING = 3


def confirmations(count: int) -> Times:
    """From the POST of the yes to the receipt on the stream, each of another customer."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-yes-") as folder,
        open_house(Path(folder) / "house") as house,
    ):
        return Times([_confirmed(house) for _ in range(WARMING + count)][WARMING:])


def _confirmed(house: House) -> float:
    with house.database.write() as session:
        customer = make_customer(session, f"{new_identifier()}@example.org")
        make_subscription(session, customer, period_end=clock.now() + timedelta(days=21))
    talk = Talk(house, customer.external_id)
    talk.say("cancel my subscription")
    talk.press("Skip")
    began = time.perf_counter()
    reply = talk.say("yes, cancel it")
    milliseconds = 1_000 * (time.perf_counter() - began)
    if DONE not in reply.text:
        raise BenchError(f"The yes was not answered by a receipt: {reply.text}")
    return milliseconds
