"""The corrections to Rasa: that they do what they say, and that Rasa still needs them."""

import asyncio
import importlib.metadata
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import pytest
from bot.absent import UNUSED_PACKAGES
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event, SlotSet
from rasa.utils.endpoints import EndpointConfig

from conftest import ROOT


def source_of(module: str) -> str:
    specification = importlib.util.find_spec(module)
    assert specification is not None
    assert specification.origin is not None
    return Path(specification.origin).read_text(encoding="utf-8")


def test_rasa_still_compiles_the_action_schema_for_each_call() -> None:
    """When this fails, drop `compile_action_result_schema_once`."""
    original = source_of("rasa.core.actions.action")
    assert "validate(result, self.action_response_format_spec())" in original


def test_rasa_still_warns_of_names_that_only_its_own_components_would_read() -> None:
    """When this fails, drop the filter of that warning."""
    original = source_of("rasa.graph_components.validators.default_recipe_validator")
    for said in ("You have defined training data consisting of lookup tables", "defined synonyms"):
        assert said in original


def test_training_does_not_warn_of_names_that_are_read(
    training: subprocess.CompletedProcess[str],
) -> None:
    assert "lookup table" not in training.stderr
    assert "synonyms" not in training.stderr


def test_the_patched_check_accepts_and_refuses_as_before() -> None:
    action = RemoteAction("action_any", None)
    slot = {"event": "slot", "name": "a", "value": 1, "timestamp": None}
    assert action._validate_action_result({"events": [slot], "responses": [{}]})
    for wrong in ({"events": "none"}, {"responses": [5]}, [], {"events": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            action._validate_action_result(wrong)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, RemoteAction.action_response_format_spec())


def test_rasa_still_walks_through_all_events_for_each_that_it_reads() -> None:
    """When this fails, drop `look_event_types_up_once`."""
    assert "for cls in rasa.shared.utils.common.all_subclasses(Event):" in source_of(
        "rasa.shared.core.events"
    )


def test_events_are_found_by_name_as_before() -> None:
    assert Event.resolve_by_type("slot") is SlotSet
    assert Event.resolve_by_type("topic") is None
    assert Event.resolve_by_type("no such event", SlotSet) is SlotSet
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("no such event")


def test_rasa_still_runs_its_graphs_by_dask() -> None:
    """When this fails, drop `run_graphs_without_dask`."""
    assert "dask.get(run_graph, run_targets)" in source_of("rasa.engine.runner.dask")


def test_rasa_still_opens_a_session_for_each_action_call() -> None:
    """When this fails, drop `keep_the_action_connection_open`."""
    assert "async with session.request(" in source_of("rasa.utils.endpoints")
    assert "return aiohttp.ClientSession(" in source_of("rasa.utils.endpoints")


def test_one_session_serves_all_action_calls_until_it_is_closed() -> None:
    async def use() -> None:
        endpoint = EndpointConfig("http://127.0.0.1:1/")
        async with endpoint.session() as first, endpoint.session() as second:
            assert first is second
        await first.close()
        async with endpoint.session() as third:
            assert third is not first
        await third.close()

    asyncio.run(use())


def test_rasa_is_the_version_that_the_patches_are_for() -> None:
    assert importlib.metadata.version("rasa") == "3.6.21"


def test_rasa_still_imports_what_is_left_out() -> None:
    """When this succeeds, bot/absent.py is no longer needed."""
    with tempfile.TemporaryDirectory() as directory:
        plain = subprocess.run(
            [sys.executable, "-c", "import rasa.core.agent"],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
    assert plain.returncode != 0
    assert "ModuleNotFoundError" in plain.stderr


@pytest.mark.parametrize("package", UNUSED_PACKAGES)
def test_nothing_stands_in_for_what_is_installed(package: str) -> None:
    installed = {name.lower() for name in importlib.metadata.packages_distributions()}
    assert package.partition(".")[0].lower() not in installed - {"google"}


def test_a_stand_in_says_what_it_is_when_it_is_used() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from bot.patches import prepare; prepare(); import tensorflow; tensorflow.constant(1)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "tensorflow.constant belongs to a package that is not installed" in said.stderr
