"""Whether an object is what `fedtui/cli/json_types.pyi` promises."""

from __future__ import annotations

import sys
import types
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from tests.json_page import TYPES

_SHAPES = types.ModuleType("json_shapes")
sys.modules["json_shapes"] = _SHAPES  # where annotations of its classes are looked up
exec(compile(TYPES.read_text(encoding="utf-8"), TYPES, "exec"), vars(_SHAPES))


def misfits(value: Any, kind: str) -> list[str]:
    """Where `value` is not the record called `kind`: fields missing, unknown or of another type."""
    return _misfits(value, getattr(_SHAPES, kind), "$")


def _misfits(value: Any, hint: Any, at: str) -> list[str]:
    if is_typeddict(hint):
        return _of_record(value, hint, at)
    match get_origin(hint):
        case types.UnionType:
            found = [_misfits(value, one, at) for one in get_args(hint)]
            return min(found, key=len)
        case origin if origin is list:
            if not isinstance(value, list):
                return [f"{at}: {value!r} is no list"]
            return [
                text for n, one in enumerate(value) for text in _misfits(one, get_args(hint)[0], f"{at}[{n}]")
            ]
        case origin if origin is dict:
            fits = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
            return [] if fits else [f"{at}: {value!r} is no object of strings"]
    fits = (
        value is None if hint is type(None) else type(value) in ((int, float) if hint is float else (hint,))
    )
    return [] if fits else [f"{at}: {value!r} is no {hint}"]


def _of_record(value: Any, hint: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no object"]
    hints = get_type_hints(hint, include_extras=True)
    found = [f"{at}.{name}: unknown" for name in value.keys() - hints.keys()]
    for name, inner in hints.items():
        optional = get_origin(inner) is NotRequired
        if name in value:
            found += _misfits(value[name], get_args(inner)[0] if optional else inner, f"{at}.{name}")
        elif not optional:
            found.append(f"{at}.{name}: missing")
    return found
