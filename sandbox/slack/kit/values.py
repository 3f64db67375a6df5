"""What people choose and fill in, as Slack writes it."""

from collections.abc import Mapping
from typing import Any

from sandbox.slack.blocks import elements_of
from sandbox.slack.errors import DriverError
from sandbox.slack.model import Json

_TEXTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
_ONE = {"static_select", "radio_buttons", "overflow"}
_SEVERAL = {"multi_static_select", "checkboxes"}
_OTHERS = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}
_INITIAL = {"datepicker": "initial_date", "timepicker": "initial_time"}
REQUIRED = "Please complete this required field."


def chosen(element: Json, given: Any) -> Json:
    """An element's value, from plain words: a text, or the value or text of an option.

    Raises DriverError when there is no such option.
    """
    kind = element["type"]
    if kind in _TEXTS:
        return {"type": kind, "value": None if given in (None, "") else str(given)}
    if kind in _ONE:
        return {"type": kind, "selected_option": _option(element, given) if given else None}
    if kind in _SEVERAL:
        several = [given] if isinstance(given, str) else list(given or [])
        return {"type": kind, "selected_options": [_option(element, each) for each in several]}
    if kind in _OTHERS:
        return {"type": kind, _OTHERS[kind]: given or None}
    raise DriverError(f"Nothing can be chosen in a {kind}.")


def state_of(blocks: list[Json], given: Mapping[str, Any], known: Json) -> Json:
    """The values of all fields: as given, else as known, else as they began.

    `given` names a field by its action_id, its block's id, or `block_id/action_id`.

    Raises DriverError when something is given for a field that is not there.
    """
    left = dict(given)
    state: Json = {}
    for block in blocks:
        fields = [each for each in elements_of(block) if each["type"] not in {"button", "overflow"}]
        for element in fields:
            name = element["action_id"]
            value = known.get(block["block_id"], {}).get(name) or _beginning(element)
            for key in (name, block["block_id"], f"{block['block_id']}/{name}"):
                if key in left:
                    value = chosen(element, left.pop(key))
            state.setdefault(block["block_id"], {})[name] = value
    if left:
        raise DriverError(f"There is no field {', '.join(left)}; there are {_names(state)}.")
    return state


def missing_in(blocks: list[Json], state: Json) -> dict[str, str]:
    """What Slack itself says before an app is asked: by block, the sentence."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = _plain(state[block["block_id"]][element["action_id"]])
        problem = _problem(element, value, optional=bool(block.get("optional")))
        if problem:
            found[block["block_id"]] = problem
    return found


def _problem(element: Json, value: Any, *, optional: bool) -> str:
    if not value:
        return "" if optional else REQUIRED
    if element["type"] == "number_input":
        return _number_problem(element, str(value))
    if element["type"] == "plain_text_input":
        if len(value) < int(element.get("min_length") or 0):
            return f"Please write at least {element['min_length']} characters."
        if len(value) > int(element.get("max_length") or 3000):
            return f"Please write at most {element.get('max_length') or 3000} characters."
    return ""


def _number_problem(element: Json, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if number < float(element.get("min_value") or "-inf"):
        return f"Please enter {element['min_value']} or more."
    if number > float(element.get("max_value") or "inf"):
        return f"Please enter {element['max_value']} or less."
    return ""


def _plain(value: Json) -> Any:
    return next((each for name, each in value.items() if name != "type"), None)


def _beginning(element: Json) -> Json:
    kind = element["type"]
    if kind in _TEXTS:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in _ONE:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in _SEVERAL:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    name = _OTHERS.get(kind, "value")
    return {"type": kind, name: element.get(_INITIAL.get(kind, ""))}


def _option(element: Json, given: Any) -> Json:
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    options: list[Json] = [each for group in groups for each in group["options"]]
    for option in options:
        if given in (option["value"], option["text"]["text"]):
            return option
    known = ", ".join(option["value"] for option in options)
    raise DriverError(f"There is no option {given}; there are {known}.")


def _names(state: Json) -> str:
    return ", ".join(name for fields in state.values() for name in fields) or "none"
