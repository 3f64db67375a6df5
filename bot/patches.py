"""Small corrections to Rasa 3.6.21, each with its reason; `prepare` applies them all.

Every patch has a test in tests/bot/test_patches.py that fails when Rasa no longer needs it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from bot.absent import stand_in_for_unused_packages


def prepare() -> None:
    """Make Rasa ready to be used here. Call before the first import of Rasa."""
    stand_in_for_unused_packages()
    # No usage reports leave this machine.
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    _silence_warnings_of_old_libraries()
    _keep_words_out_of_the_log()
    compile_action_result_schema_once()
    look_event_types_up_once()
    run_graphs_without_dask()
    keep_the_action_connection_open()
    _silence_warnings_of_old_libraries()


def _silence_warnings_of_old_libraries() -> None:
    for category in (DeprecationWarning, PendingDeprecationWarning):
        warnings.filterwarnings("ignore", category=category)
    # Rasa gives this one for every domain that sets its slots by the actions' events.
    warnings.filterwarnings("ignore", message="Slot auto-fill has been removed")
    # Rasa does not know that DateAmountPlanExtractor reads lookup tables and synonyms.
    unread = "You have defined (training data consisting of lookup tables|synonyms)"
    warnings.filterwarnings("ignore", message=unread)
    # Rasa turns its deprecation notices on again when it is imported; ours stand before them.
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")


def _keep_words_out_of_the_log() -> None:
    """Rasa's structured notes below "warning" hold what customers wrote."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def compile_action_result_schema_once() -> None:
    """Check action results against a schema that is compiled once.

    Rasa calls `jsonschema.validate` for each action call, which checks the schema itself anew each
    time: 13 ms of a turn that takes 8 otherwise.
    """
    from rasa.core.actions.action import RemoteAction

    RemoteAction._validate_action_result = _validate_action_result


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _validate_action_result(action: Any, result: dict[str, Any]) -> bool:
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(result))
    if error is not None:
        error.message += ". The application's answer to an action call is not as it should be."
        raise error
    return True


def look_event_types_up_once() -> None:
    """Find the class of an event by its name in a table.

    Rasa walks through all classes of events for each event that it reads, 30 of them in a turn.
    """
    from rasa.shared.core.events import Event

    Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(Event.resolve_by_type))


def run_graphs_without_dask() -> None:
    """Call the nodes of a graph one after another.

    Rasa hands each graph to dask's scheduler, which copies, sorts and queues it anew for each of
    the three runs of a turn, and then runs it on one thread all the same.
    """
    from rasa.engine.runner.dask import DaskGraphRunner

    DaskGraphRunner.run = _run_in_order


def _run_in_order(
    runner: Any, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
) -> dict[str, Any]:
    schema = runner._graph_schema
    wanted = tuple(targets or schema.target_names)
    plans: dict[tuple[str, ...], list[str]] = runner.__dict__.setdefault("_plans", {})
    if wanted not in plans:
        plans[wanted] = _in_order(schema.minimal_graph_schema(list(wanted)).nodes)
    outputs: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
    for name in plans[wanted]:
        needed = schema.nodes[name].needs.values()
        # A node is given the bare name of what is not there, and says so itself.
        outputs[name] = runner._instantiated_nodes[name](
            *(outputs.get(other, other) for other in needed)
        )
    return dict(outputs[name] for name in wanted)


def _in_order(nodes: dict[str, Any]) -> list[str]:
    """The names of the nodes, each after those whose output it needs."""
    order: dict[str, None] = {}

    def place(name: str) -> None:
        if name in order or name not in nodes:
            return
        for other in nodes[name].needs.values():
            place(other)
        order[name] = None

    for name in nodes:
        place(name)
    return list(order)


def keep_the_action_connection_open() -> None:
    """Keep one HTTP session for all action calls; Rasa opens and closes one for each."""
    from rasa.utils.endpoints import EndpointConfig

    EndpointConfig.session = _kept_session


@asynccontextmanager
async def _kept_session(endpoint: Any) -> AsyncIterator[Any]:
    from aiohttp import ClientSession, ClientTimeout, TCPConnector
    from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT

    kept = endpoint.__dict__
    if "_session" not in kept or kept["_session"].closed:
        kept["_session"] = ClientSession(
            headers=endpoint.headers,
            timeout=ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
            # The application ends a connection after 5 s without use; it is left before that.
            connector=TCPConnector(keepalive_timeout=3.0),
        )
    yield kept["_session"]
