"""Small corrections to Rasa 3.6.21, each with its reason; `prepare` applies them all.

Every patch has a test in tests/bot/test_patches.py that fails when Rasa no longer needs it.
"""

from __future__ import annotations

import logging
import os
import warnings
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
    _silence_warnings_of_old_libraries()


def _silence_warnings_of_old_libraries() -> None:
    for category in (DeprecationWarning, PendingDeprecationWarning):
        warnings.filterwarnings("ignore", category=category)
    # Rasa gives this one for every domain that sets its slots by the actions' events.
    warnings.filterwarnings("ignore", message="Slot auto-fill has been removed")
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
