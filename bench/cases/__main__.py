"""`python -m bench.cases`: cases a second on both databases, and what waiting ones cost."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import sqlalchemy as sa

from bench.cases.confirming import confirmations
from bench.cases.copies import multiply
from bench.cases.seat import Seat, in_a_month, seat
from bench.cases.takeover import AIM_SECONDS, takeovers
from bench.figures import Times
from bench.processes import BenchError, peak_megabytes
from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.background.model import Task, TaskState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.database import new_identifier
from tests.factories import make_customer, make_subscription
from tools.postgres import throwaway_cluster

PATIENCE_SECONDS = 900.0
REAL = 1_000
"""So many cases that wait have come there by a yes; they are copied."""
LOOKED_SECONDS = 15.0
"""Within which a worker has looked at all that waits, more than once."""
LOOK_SECONDS = 0.1
SAMPLES = 100

MEMORY_AIM = 150.0
ANSWER_AIM = 150.0
GROWTH_AIM = 1.3


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    for line in _lines(options):
        sys.stdout.write(line)
        sys.stdout.flush()
    return 0


def _lines(options: argparse.Namespace) -> Iterator[str]:
    yield "\n| cases | SQLite | PostgreSQL |\n|---|---:|---:|\n"
    with throwaway_cluster() as address:
        rates = [_carried(url, options.cases) for url in (None, address)]
    yield f"| carried to their end, a second | {rates[0]:.1f} | {rates[1]:.1f} |\n"
    yield from _taken_over(options.takeovers)
    waiting, memory = _waiting(options.waiting)
    yield f"\nMemory of the process with {waiting:,} cases that wait for their day: {memory:.0f} MB"
    yield f" (aim: below {MEMORY_AIM:g}, {_met(met=memory < MEMORY_AIM)}).\n"
    yield from _confirmed(options.confirmations)
    few, many = _answers(options.stored)
    yield "\n| the wish and the yes, in the business, ms | p50 | p95 |\n|---|---:|---:|\n"
    for count, times in ((1_000, few), (options.stored, many)):
        yield f"| with {count:,} cases stored | {times.p50:.1f} | {times.p95:.1f} |\n"
    growth = many.p50 / few.p50
    yield f"Aims: p95 below {ANSWER_AIM:g} ms, {_met(met=many.p95 < ANSWER_AIM)}; "
    yield f"growth below {GROWTH_AIM:g}: {growth:.2f}, {_met(met=growth < GROWTH_AIM)}.\n"


def _taken_over(times: int) -> Iterator[str]:
    if not times:
        return
    seconds = sorted(takeovers(times))
    yield f"\nTwo workers on one PostgreSQL, one killed, {times} times: its work is done after "
    yield f"{seconds[0]:.1f} to {seconds[-1]:.1f} s (aim: within {AIM_SECONDS:g}, "
    yield f"{_met(met=seconds[-1] <= AIM_SECONDS)}).\n"


def _confirmed(count: int) -> Iterator[str]:
    if not count:
        return
    times = confirmations(count)
    yield f"The yes in the chat, from the POST to the receipt on the stream, {count} customers: "
    yield f"p50 {times.p50:.0f} ms, p95 {times.p95:.0f} ms (aim: p95 below {ANSWER_AIM:g}, "
    yield f"{_met(met=times.p95 < ANSWER_AIM)}).\n"


def _carried(url: str | None, count: int) -> float:
    """Cases a second, whose every step is due at once."""
    with seat(url) as seated:
        # Long enough for all of them to say yes before their time is over.
        seated.leave(count, clock.now() + timedelta(seconds=5 + count / 10))
        with seated.worker():
            _until(lambda: seated.at_their_end() > 0)
            first, began = seated.at_their_end(), time.perf_counter()
            _until(lambda: not seated.left())
            return (count - first) / (time.perf_counter() - began)


def _waiting(count: int) -> tuple[int, float]:
    """Megabytes of a worker that has nothing to do until the day of its cases.

    The first of them have said yes and been sent their receipts; the others are copies of those.
    """
    with seat() as seated:
        real = min(count, REAL)
        seated.leave(real, in_a_month())
        with seated.worker():
            _until(lambda: not _due(seated), PATIENCE_SECONDS)
        multiply(seated.database, count // real)
        with seated.worker() as worker:
            _until(lambda: seated.started() == 2)
            _until(lambda: not _due(seated), PATIENCE_SECONDS)
            time.sleep(LOOKED_SECONDS)
            return count // real * real, peak_megabytes(worker.pid)


def _due(seated: Seat) -> bool:
    with seated.database.read() as session:
        due = sa.select(Task.id).where(
            Task.state.in_([TaskState.PENDING, TaskState.HANDED]), Task.due_at <= clock.now()
        )
        return session.scalar(due.limit(1)) is not None


def _answers(stored: int) -> tuple[Times, Times]:
    """The wish and the yes, a transaction each, with few and with many cases in the tables."""
    with seat() as seated:
        _store(seated, 1_000)
        few = Times([_yes(seated) for _ in range(SAMPLES)])
        _store(seated, stored - 1_000)
        return few, Times([_yes(seated) for _ in range(SAMPLES)])


def _yes(seated: Seat) -> float:
    with seated.database.write() as session:
        customer = make_customer(session, f"{new_identifier()}@example.org")
        plan = make_subscription(session, customer)
    began = time.perf_counter()
    with seated.database.write() as session:
        customer = session.get_one(Customer, customer.id)
        plan = session.get_one(Subscription, plan.id)
        case = cases.open_case(session, customer, plan, new_identifier())
        cases.show_terms(session, case, LedgerBilling(session), seated.policies)
        case_id = case.id
    with seated.database.write() as session:
        case = session.get_one(Case, case_id)
        workflow.confirm(
            session,
            case,
            case.customer,
            billing=LedgerBilling(session),
            policies=seated.policies,
            source="bench",
        )
    return 1_000 * (time.perf_counter() - began)


def _store(seated: Seat, count: int) -> None:
    """Ended cases of one customer, straight into the tables."""
    with seated.database.write() as session:
        customer = make_customer(session, f"{new_identifier()}@example.org")
        plan = make_subscription(session, customer)
        session.get_one(Subscription, plan.id)
        known = {"customer_id": customer.id, "subscription_id": plan.id}
    for start in range(0, count, 10_000):
        rows = [
            {
                **known,
                "id": new_identifier(),
                "number": new_identifier()[:16],
                "conversation_id": new_identifier(),
                "state": "ended",
                "reason_skipped": False,
                "opened_at": clock.now(),
                "completed_at": clock.now(),
            }
            for _ in range(min(10_000, count - start))
        ]
        with seated.database.write() as session:
            session.execute(sa.insert(Case), rows)


def _until(look: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise BenchError(f"The cases did not come to their end in {seconds:.0f} s.")
        time.sleep(LOOK_SECONDS)


def _met(*, met: bool) -> str:
    return "met" if met else "not met"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cases", description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--waiting", type=int, default=2_000, help="a multiple of 1000")
    parser.add_argument("--takeovers", type=int, default=3, help="workers that are killed")
    parser.add_argument(
        "--confirmations", type=int, default=30, help="in the chat, for which the bot is trained"
    )
    parser.add_argument("--stored", type=int, default=100_000)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
