"""D-Bus values on their way out: what a caller passes as plain Python becomes what a library sends.

Both adapters need the same walk over a signature, differing only in how a variant and a structure are
made. Signatures are those of the D-Bus specification, "Type System".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fedtui.bus.port import BusError

MakeVariant = Callable[[str, Any], Any]
"""Makes a library's own variant from a signature of one complete type and a converted value."""


def complete_types(signature: str) -> list[str]:
    """Split a signature into its complete types: "sa{sv}(ii)" gives ["s", "a{sv}", "(ii)"].

    Raises ValueError where it is not a signature.
    """
    types: list[str] = []
    at = 0
    while at < len(signature):
        end = _end(signature, at)
        types.append(signature[at:end])
        at = end
    return types


def _end(signature: str, at: int) -> int:
    while at < len(signature) and signature[at] == "a":
        at += 1
    if at == len(signature):
        raise ValueError(f"not a D-Bus signature: {signature!r}")
    if signature[at] not in "({":
        if signature[at] not in "ybnqiuxtdsogvh":
            raise ValueError(f"not a D-Bus signature: {signature!r}")
        return at + 1
    closing = ")" if signature[at] == "(" else "}"
    at += 1
    while at < len(signature) and signature[at] != closing:
        at = _end(signature, at)
    if at == len(signature):
        raise ValueError(f"not a D-Bus signature: {signature!r}")
    return at + 1


def outgoing(signature: str, value: Any, make_variant: MakeVariant) -> Any:
    """`value` of one complete type with every `(signature, value)` pair at a `v` made a library's variant."""
    if signature == "v":
        inner, content = value
        return make_variant(inner, outgoing(inner, content, make_variant))
    if "v" not in signature:
        return value
    if signature.startswith("a{"):
        key, content = complete_types(signature[2:-1])
        return {
            outgoing(key, name, make_variant): outgoing(content, item, make_variant)
            for name, item in value.items()
        }
    if signature.startswith("a"):
        return [outgoing(signature[1:], item, make_variant) for item in value]
    return tuple(_members(complete_types(signature[1:-1]), value, make_variant))


def _members(types: list[str], values: Iterable[Any], make_variant: MakeVariant) -> Iterable[Any]:
    return (outgoing(kind, item, make_variant) for kind, item in zip(types, values, strict=True))


def outgoing_all(signature: str, arguments: tuple[Any, ...], make_variant: MakeVariant) -> list[Any]:
    """All arguments of a call, converted; ValueError where their number does not fit the signature.

    Raises BusError(UNSENDABLE) for text that is not UTF-8 or holds a NUL.
    """
    _check_text(arguments)
    return list(_members(complete_types(signature), arguments, make_variant))


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise BusError(BusError.UNSENDABLE, f"{value!r} is not text that D-Bus can carry")
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        _check_text(list(value.items()))
