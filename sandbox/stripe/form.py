"""Stripe's wire format: forms whose names carry lists and maps in brackets."""

from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import StripeRefusal

Json = dict[str, Any]


def read_form(text: str) -> Json:
    """`items[0][price]=p&expand[]=x` as `{"items": [{"price": "p"}], "expand": ["x"]}`."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
        head, _, rest = name.partition("[")
        parts = [head, *rest.removesuffix("]").split("][")] if rest else [head]
        _put(tree, parts, value, name)
    return {name: _with_lists(value) for name, value in tree.items()}


def _put(tree: Json, parts: list[str], value: str, name: str) -> None:
    for part in parts[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise StripeRefusal(f"Invalid form: {name}", param=name)
    last = parts[-1]
    tree[str(len(tree)) if last == "" else last] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(each) for name, each in value.items()}
