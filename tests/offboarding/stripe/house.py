"""Stripe's stand-in over HTTP, a company that bills by it, and the tasks of its outbox."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Thread
from typing import Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from stripe import StripeClient
from stripe.params import SubscriptionCreateParams

from offboarding import clock
from offboarding.accounts.model import Customer, Interval, Plan, Subscription, SubscriptionState
from offboarding.background.model import Task, TaskState
from offboarding.billing.stripe.connection import StripeConnection
from offboarding.billing.stripe.provider import StripeProvider
from offboarding.billing.stripe.refresh import refresh
from offboarding.billing.stripe.state import seconds
from offboarding.database import Database
from sandbox.stripe.form import Json
from sandbox.stripe.server import API_PATH, StripeStandIn
from tests.channels.stand_in import LIMIT_SECONDS
from tests.factories import make_customer, make_plan, make_subscription

PATIENCE_SECONDS = 0.5
"""So long the application waits for Stripe in tests of what hangs."""


class StripeHouse:
    """A company whose plans, customers and subscriptions are at Stripe too."""

    def __init__(self, stand_in: StripeStandIn, address: str, database: Database) -> None:
        self.stand_in = stand_in
        self.database = database
        self.connection = StripeConnection(
            secret_key=stand_in.secret_key,
            webhook_secret=stand_in.webhook_secret,
            api_url=address + API_PATH,
            public_url="https://bye.example",
        )
        self.client: StripeClient = self.connection.client()
        """As the company's own systems use it."""
        self.provider = StripeProvider(self.connection, database)

    # What the company has

    def plan(self, name: str = "Pro", price: str = "29.00", **how: Any) -> Plan:
        """A plan with its price at Stripe."""
        with self.database.write() as session:
            plan = make_plan(session, name, price=price, **how)
            if plan.billing_id is None:
                product = self.client.v1.products.create({"name": name})
                made = self.client.v1.prices.create(
                    {
                        "product": product.id,
                        "currency": plan.currency.lower(),
                        "unit_amount": plan.price_minor,
                        "recurring": {
                            "interval": "year" if plan.interval is Interval.YEAR else "month"
                        },
                    }
                )
                plan.billing_id = made.id
        return plan

    def subscribe(
        self,
        plan: Plan | None = None,
        *,
        since: datetime | None = None,
        trial_until: datetime | None = None,
        email: str = "amara@example.org",
        person_id: str = "",
    ) -> str:
        """A subscription that both sides know, with a card, its first period paid.

        `person_id` is the customer who has it; by default a new one.
        """
        chosen = plan or self.plan()
        person_id = person_id or self._person(email)
        paying = self._paying(person_id)
        wanted: SubscriptionCreateParams = {
            "customer": paying,
            "items": [{"price": chosen.billing_id or ""}],
        }
        if since is not None:
            wanted["backdate_start_date"] = seconds(since)
        if trial_until is not None:
            wanted["trial_end"] = seconds(trial_until)
        made = self.client.v1.subscriptions.create(wanted)
        with self.database.write() as session:
            person = session.get_one(Customer, person_id)
            subscription = make_subscription(session, person, session.merge(chosen))
            subscription.billing_id = made.id
        refresh(self.database, self.client, subscription.id)
        return subscription.id

    def _person(self, email: str) -> str:
        with self.database.write() as session:
            return make_customer(session, email).id

    def _paying(self, person_id: str) -> str:
        """What Stripe calls the person's account, which has a card there."""
        with self.database.read() as session:
            person = session.get_one(Customer, person_id)
            known, email = person.account.billing_id, person.email
        if known is not None:
            return known
        customer = self.client.v1.customers.create({"email": email})
        method = self.client.v1.payment_methods.create({"type": "card"})
        self.client.v1.payment_methods.attach(method.id, {"customer": customer.id})
        with self.database.write() as session:
            session.get_one(Customer, person_id).account.billing_id = customer.id
        return customer.id

    # What is true

    def mirrored(self, subscription_id: str) -> Subscription:
        with self.database.read() as session:
            return session.get_one(Subscription, subscription_id)

    def at_stripe(self, subscription_id: str) -> Json:
        """The subscription as Stripe has it now."""
        name = self.mirrored(subscription_id).billing_id
        return self.client.v1.subscriptions.retrieve(name or "").to_dict()

    def gives_access(self, subscription_id: str) -> bool:
        subscription = self.mirrored(subscription_id)
        ended = subscription.state in {SubscriptionState.ENDED, SubscriptionState.PAUSED}
        return not ended

    def writes(self, method: str = "POST") -> list[str]:
        """The paths of the calls that had an effect, in order."""
        calls = self.stand_in.faults.calls
        return [call.path for call in calls if call.method == method and call.status == 200]

    # What happens

    def impatient(self) -> None:
        """From now on, wait for Stripe only shortly."""
        impatient = StripeConnection(
            secret_key=self.connection.secret_key,
            webhook_secret=self.connection.webhook_secret,
            api_url=self.connection.api_url,
            public_url=self.connection.public_url,
            timeout_seconds=PATIENCE_SECONDS,
        )
        self.provider = StripeProvider(impatient, self.database)

    def hear(self, events: list[Json]) -> None:
        """Take events in this order, and work on them."""
        self.keep(events)
        assert self.work() == []

    def keep(self, events: list[Json]) -> None:
        """Take events in this order, as the webhook does."""
        for event in events:
            self.provider.receive(*self.stand_in.signed(event))

    def work(self, *, at_most: int = 50) -> list[str]:
        """Do what is due in the outbox, as the engine does; the kinds that failed."""
        failed: list[str] = []
        for _ in range(at_most):
            task = self._next_task()
            if task is None:
                return failed
            try:
                self.provider.handlers()[task.kind](task.subject_id)
                state = TaskState.DONE
            except Exception as error:  # noqa: BLE001 (the engine takes whatever it is)
                failed.append(f"{task.kind}: {type(error).__name__}")
                state = TaskState.FAILED
            with self.database.write() as session:
                session.get_one(Task, task.id).state = state
        raise AssertionError("the outbox does not become empty")

    def again(self) -> list[str]:
        """Have what failed tried again."""
        with self.database.write() as session:
            session.execute(
                sa.update(Task)
                .where(Task.state == TaskState.FAILED)
                .values(state=TaskState.PENDING)
            )
        return self.work()

    def _next_task(self) -> Task | None:
        due = (
            sa.select(Task)
            .where(Task.state == TaskState.PENDING, Task.due_at <= clock.now())
            .order_by(Task.created_at)
        )
        with self.database.read() as session:
            return session.scalar(due.limit(1))


@contextmanager
def stripe_served(stand_in: StripeStandIn) -> Iterator[str]:
    """The stand-in on a port of its own, in a thread, for Stripe's client waits for answers."""
    application = FastAPI()
    application.include_router(stand_in.router())
    listening = socket.create_server(("127.0.0.1", 0))
    loop, enough = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        config = uvicorn.Config(application, log_level="error", lifespan="off", access_log=False)
        serving = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listening]))
        await enough.wait()
        stand_in.faults.clear()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(enough.set)
        thread.join(LIMIT_SECONDS)
        listening.close()
