"""Slack's limits for what stands inside a block: texts, buttons, menus, fields."""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.model import Json

_MOST_OPTIONS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
_MENU_OPTIONS = 100
_WITH_OPTIONS = {"static_select", "multi_static_select", *_MOST_OPTIONS}
_KNOWN = _WITH_OPTIONS | {
    "button",
    "channels_select",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "image",
    "multi_users_select",
    "number_input",
    "plain_text_input",
    "timepicker",
    "url_text_input",
    "users_select",
}


def text_problems(text: Any, where: str, most: int, *, plain: bool = False) -> Iterator[str]:
    """What is wrong with a text object."""
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        yield f"must be a text object [json-pointer:{where}]"
        return
    if text.get("type") not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        yield f"unsupported type [json-pointer:{where}/type]"
    if not text["text"]:
        yield f"must be more than 0 characters [json-pointer:{where}/text]"
    if len(text["text"]) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{where}/text]"


def element_problems(element: Json, where: str) -> Iterator[str]:
    """What is wrong with something that can be pressed, chosen or filled in."""
    kind = element.get("type")
    if kind not in _KNOWN:
        yield f"unsupported type [json-pointer:{where}/type]"
        return
    if len(element.get("action_id") or "") > 255:
        yield f"must be less than 256 characters [json-pointer:{where}/action_id]"
    if kind == "button":
        yield from _button(element, where)
    if kind in _WITH_OPTIONS:
        yield from _options(element, where)
    if element.get("placeholder") is not None:
        yield from text_problems(element["placeholder"], f"{where}/placeholder", 150, plain=True)
    if element.get("confirm") is not None:
        yield from _confirm(element["confirm"], f"{where}/confirm")
    yield from _field(element, where)


def _field(element: Json, where: str) -> Iterator[str]:
    if element["type"] == "number_input" and "is_decimal_allowed" not in element:
        yield f"missing required field: is_decimal_allowed [json-pointer:{where}]"
    if element["type"] == "plain_text_input" and int(element.get("max_length") or 1) > 3000:
        yield f"must be at most 3000 [json-pointer:{where}/max_length]"


def _button(element: Json, where: str) -> Iterator[str]:
    yield from text_problems(element.get("text"), f"{where}/text", 75, plain=True)
    if len(element.get("value") or "") > 2000:
        yield f"must be less than 2001 characters [json-pointer:{where}/value]"
    if len(element.get("url") or "") > 3000:
        yield f"must be less than 3001 characters [json-pointer:{where}/url]"
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield f"unsupported style [json-pointer:{where}/style]"


def _options(element: Json, where: str) -> Iterator[str]:
    groups = element.get("option_groups")
    options = [each for group in groups for each in group["options"]] if groups else None
    options = options if options is not None else element.get("options")
    most = _MOST_OPTIONS.get(str(element["type"]), _MENU_OPTIONS)
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield f"must have 1 to {most} items [json-pointer:{where}/options]"
        return
    plain = element["type"] not in {"radio_buttons", "checkboxes"}
    for number, option in enumerate(options):
        place = f"{where}/options/{number}"
        yield from text_problems(option.get("text"), f"{place}/text", 75, plain=plain)
        if not 1 <= len(option.get("value") or "") <= 150:
            yield f"must be 1 to 150 characters [json-pointer:{place}/value]"
        if option.get("description") is not None:
            yield from text_problems(option["description"], f"{place}/description", 75)
    for name in ("initial_option", "initial_options"):
        given = element.get(name)
        for each in given if isinstance(given, list) else [given] if given else []:
            if each.get("value") not in [option.get("value") for option in options]:
                yield f"{name} must match one of the options [json-pointer:{where}/{name}]"


def _confirm(confirm: Any, where: str) -> Iterator[str]:
    for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
        yield from text_problems(confirm.get(name), f"{where}/{name}", most, plain=True)
    yield from text_problems(confirm.get("text"), f"{where}/text", 300)
