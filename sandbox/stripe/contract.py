"""The strict contract: what a call may carry, read from the parameter types of Stripe's client.

The types come with the installed `stripe` package and are made from Stripe's OpenAPI description,
so a parameter that Stripe took away, or never had, is refused here as Stripe refuses it.
"""

from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from stripe import RequestOptions
from typing_extensions import is_typeddict

from sandbox.stripe.errors import StripeRefusal

_NOT_SENT = frozenset(RequestOptions.__annotations__)
"""The client's own options, which some of its types carry beside the parameters."""


def checked(shape: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters with their types. Raises StripeRefusal for what Stripe would refuse."""
    return _map_of(shape, given, "")


def _map_of(shape: Any, given: Any, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise StripeRefusal("Invalid object", code="parameter_invalid_empty", param=path)
    hints = _hints(shape)
    for name in given:
        if name not in hints:
            where = _below(path, name)
            raise StripeRefusal(
                f"Received unknown parameter: {where}", code="parameter_unknown", param=where
            )
    for name in shape.__required_keys__ - _NOT_SENT:
        if name not in given:
            where = _below(path, name)
            raise StripeRefusal(
                f"Missing required param: {where}.", code="parameter_missing", param=where
            )
    return {name: _value(hints[name], value, _below(path, name)) for name, value in given.items()}


@cache
def _hints(shape: Any) -> dict[str, Any]:
    # The options name types that the client imports for type checkers only.
    hints = get_type_hints(shape, localns={"StripeContext": object, "Mapping": dict})
    return {name: _bare(hint) for name, hint in hints.items() if name not in _NOT_SENT}


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) in (NotRequired, Required) else hint


def _value(hint: Any, value: Any, path: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), value, path)
    if origin is Literal:
        if value not in get_args(hint):
            raise _invalid("value", value, path)
        return value
    if origin is list:
        return _list_of(get_args(hint)[0], value, path)
    if is_typeddict(hint):
        return _map_of(hint, value, path)
    if origin is not None:  # metadata: names and texts
        if not isinstance(value, dict) or not all(isinstance(it, str) for it in value.values()):
            raise _invalid("object", value, path)
        return value
    return _scalar(hint, value, path)


def _list_of(each: Any, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _invalid("array", value, path)
    return [_value(each, item, f"{path}[{at}]") for at, item in enumerate(value)]


def _one_of(choices: tuple[Any, ...], value: Any, path: str) -> Any:
    named = {name for choice in choices for name in _names(choice)}
    if named - {""}:  # the client writes `Literal[...] | str`; Stripe takes only what is named
        choices = tuple(choice for choice in choices if choice is not str)
    refusal = _invalid("value", value, path)
    for choice in choices:
        try:
            return _value(choice, value, path)
        except StripeRefusal as refused:
            if is_typeddict(choice) or get_origin(choice) is list:
                refusal = refused
    raise refusal


def _names(choice: Any) -> tuple[Any, ...]:
    return get_args(choice) if get_origin(choice) is Literal else ()


def _scalar(hint: Any, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise _invalid("string", value, path)
    if hint is bool:
        if value not in {"true", "false"}:
            raise _invalid("boolean", value, path)
        return value == "true"
    if hint in (int, float, Decimal):
        try:
            return hint(value)
        except (ValueError, InvalidOperation):
            raise _invalid("integer" if hint is int else "decimal", value, path) from None
    if hint is not str:
        raise TypeError(f"{path}: the contract does not know {hint!r}")
    return value


def _invalid(kind: str, value: Any, path: str) -> StripeRefusal:
    code = f"parameter_invalid_{kind}" if kind in {"integer", "string"} else None
    return StripeRefusal(f"Invalid {kind}: {value}", code=code, param=path)


def _below(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
