"""Small corrections to Rasa 3.6.21, each with its reason; `prepare` applies them all.

Every patch has a test in tests/bot/test_patches.py that fails when Rasa no longer needs it.
"""

from __future__ import annotations

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
    compile_action_result_schema_once()


def _silence_warnings_of_old_libraries() -> None:
    for category in (DeprecationWarning, PendingDeprecationWarning):
        warnings.filterwarnings("ignore", category=category)


def compile_action_result_schema_once() -> None:
    """Check action results against a schema that is compiled once.

    Rasa calls `jsonschema.validate` for each action call, which checks the schema itself anew each
    time: 13 ms of a turn that takes 8 otherwise.
    """
    from rasa.core.actions.action import RemoteAction

    RemoteAction._validate_action_result = _validate_action_result  # type: ignore[method-assign]


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
