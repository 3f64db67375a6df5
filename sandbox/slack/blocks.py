"""Checks blocks and views as Slack does, and reads the words in them."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import unescape
from typing import Any

from sandbox.slack.errors import DriverError, SlackRefusal
from sandbox.slack.kit.elements import element_problems, text_problems
from sandbox.slack.model import Json

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_CHARACTERS = 13_200
"""What all the blocks of a message may hold together; Slack documents no number."""
_ANYWHERE = {"section", "divider", "image", "context", "actions", "header", "rich_text"}
MESSAGE_TYPES = _ANYWHERE | {"file", "markdown", "video", "input", "table"}
VIEW_TYPES = _ANYWHERE | {"input", "video"}
_PING = re.compile(r"<!(?:channel|here|everyone|subteam\^\w+)(?:\|[^>]*)?>|<@[UW]\w+(?:\|[^>]*)?>")
_LIMITS = {"block_id": 255}


def check_message_blocks(blocks: Any) -> None:
    """Raises SlackRefusal with what Slack would say of these blocks in a message."""
    if not isinstance(blocks, list):
        raise SlackRefusal("invalid_blocks_format")
    problems = list(_problems(blocks, "/blocks", MESSAGE_BLOCKS, MESSAGE_TYPES))
    if problems:
        raise _refusal("invalid_blocks", problems)
    if sum(len(text) for text in _texts(blocks)) > MESSAGE_CHARACTERS:
        raise SlackRefusal("msg_blocks_too_long")


def check_view(view: Any, *, home: bool = False) -> None:
    """Raises SlackRefusal with what Slack would say of this view."""
    if not isinstance(view, dict):
        raise _refusal("invalid_arguments", ["must be an object [json-pointer:/view]"])
    problems = list(_view_problems(view, home=home))
    problems += _problems(view.get("blocks"), "/view/blocks", VIEW_BLOCKS, VIEW_TYPES)
    if problems:
        raise _refusal("invalid_arguments", problems)


def text_of(blocks: Iterable[Json]) -> str:
    """Every word that somebody sees in these blocks, a line for each piece."""
    return unescape("\n".join(_texts(blocks)))


def pings_in(text: str, blocks: Iterable[Json] = ()) -> list[str]:
    """What in a message would call somebody's attention: `<!channel>`, `<@U…>` and the like."""
    mrkdwn = [part["text"] for part in _parts(list(blocks)) if part.get("type") == "mrkdwn"]
    return [found for piece in (text, *mrkdwn) for found in _PING.findall(piece)]


def elements_of(block: Json) -> list[Json]:
    """What can be pressed, chosen or filled in within a block."""
    single = [block[name] for name in ("accessory", "element") if name in block]
    several = block["elements"] if block.get("type") == "actions" else []
    return [*single, *several]


def find_element(blocks: Sequence[Json], action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """The block and its element with this action_id. Raises DriverError when there is none."""
    for block in blocks:
        for element in elements_of(block):
            if element.get("action_id") == action_id and block_id in ("", block["block_id"]):
                return block, element
    known = [each.get("action_id", "") for block in blocks for each in elements_of(block)]
    raise DriverError(f"There is no {action_id} to press; there are {', '.join(known) or 'none'}.")


def with_ids(blocks: Iterable[Json] | None) -> list[Json]:
    """The blocks, each with a block_id and each element with an action_id, as Slack gives them."""
    return [_with_ids(block) for block in blocks or []]


def _with_ids(block: Json) -> Json:
    named = {"block_id": secrets.token_urlsafe(4), **block}
    for name in ("accessory", "element"):
        if name in block:
            named[name] = _with_action_id(block[name])
    if block["type"] == "actions":
        named["elements"] = [_with_action_id(each) for each in block["elements"]]
    return named


def _with_action_id(element: Json) -> Json:
    return {"action_id": secrets.token_urlsafe(4), **element}


def _problems(blocks: Any, place: str, most: int, types: set[str]) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield f"must be an array [json-pointer:{place}]"
        return
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:{place}]"
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        where = f"{place}/{number}"
        if not isinstance(block, dict) or block.get("type") not in types:
            yield f"unsupported type [json-pointer:{where}/type]"
            continue
        name = block.get("block_id")
        if name is not None and (name in seen or len(name) > _LIMITS["block_id"]):
            yield f"block_id must be unique and shorter than 256 [json-pointer:{where}/block_id]"
        if name is not None:
            seen.add(name)
        yield from _BLOCKS.get(block["type"], _nothing)(block, where)
        yield from _action_problems(block, where)


def _action_problems(block: Json, where: str) -> Iterator[str]:
    elements = [each for each in elements_of(block) if isinstance(each, dict)]
    names = [each["action_id"] for each in elements if each.get("action_id")]
    if len(names) != len(set(names)):
        yield f"`action_id` must be unique within a block [json-pointer:{where}]"
    for number, element in enumerate(elements):
        yield from element_problems(element, f"{where}/elements/{number}")


def _nothing(_block: Json, _where: str) -> Iterator[str]:
    return iter(())


def _section(block: Json, where: str) -> Iterator[str]:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        yield f"must define either text or fields [json-pointer:{where}]"
    if block.get("text") is not None:
        yield from text_problems(block["text"], f"{where}/text", 3000)
    if fields is not None:
        if not 1 <= len(fields) <= 10:
            yield f"must have 1 to 10 items [json-pointer:{where}/fields]"
        for number, each in enumerate(fields):
            yield from text_problems(each, f"{where}/fields/{number}", 2000)


def _header(block: Json, where: str) -> Iterator[str]:
    yield from text_problems(block.get("text"), f"{where}/text", 150, plain=True)


def _context(block: Json, where: str) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield f"must have 1 to 10 items [json-pointer:{where}/elements]"
    for number, each in enumerate(elements):
        if each.get("type") != "image":
            yield from text_problems(each, f"{where}/elements/{number}", 3000)


def _actions(block: Json, where: str) -> Iterator[str]:
    if not 1 <= len(block.get("elements") or []) <= 25:
        yield f"must have 1 to 25 items [json-pointer:{where}/elements]"


def _input(block: Json, where: str) -> Iterator[str]:
    yield from text_problems(block.get("label"), f"{where}/label", 2000, plain=True)
    if block.get("hint") is not None:
        yield from text_problems(block["hint"], f"{where}/hint", 2000, plain=True)
    if not isinstance(block.get("element"), dict):
        yield f"missing required field: element [json-pointer:{where}]"
    elif block["element"].get("type") in {"button", "overflow"}:
        yield f"unsupported type [json-pointer:{where}/element/type]"


def _image(block: Json, where: str) -> Iterator[str]:
    if not block.get("alt_text"):
        yield f"missing required field: alt_text [json-pointer:{where}]"


_BLOCKS: dict[str, Callable[[Json, str], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image,
}


def _view_problems(view: Json, *, home: bool) -> Iterator[str]:
    if view.get("type") != ("home" if home else "modal"):
        yield "invalid view type [json-pointer:/view/type]"
        return
    if not home:
        yield from text_problems(view.get("title"), "/view/title", 24, plain=True)
    for name in ("submit", "close"):
        if view.get(name) is not None:
            yield from text_problems(view[name], f"/view/{name}", 24, plain=True)
    has_input = any(
        isinstance(each, dict) and each.get("type") == "input" for each in view.get("blocks") or []
    )
    if has_input and not home and not view.get("submit"):
        yield "missing required field: submit, for there are input blocks [json-pointer:/view]"
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(name) or "") > most:
            yield f"must be less than {most + 1} characters [json-pointer:/view/{name}]"


def _refusal(word: str, problems: list[str]) -> SlackRefusal:
    messages = [f"[ERROR] {problem}" for problem in problems]
    return SlackRefusal(word, errors=problems, response_metadata={"messages": messages})


def _texts(blocks: Iterable[Json]) -> list[str]:
    return [part["text"] for part in _parts(list(blocks)) if isinstance(part.get("text"), str)]


def _parts(value: Any) -> Iterator[Json]:
    """Every object within, from the outside to the inside and in reading order."""
    if isinstance(value, list):
        for each in value:
            yield from _parts(each)
    elif isinstance(value, dict):
        yield value
        for name, each in value.items():
            if name not in {"confirm", "options", "option_groups"}:
                yield from _parts(each)
