"""Values that programs stumble over, built for any type of ours; and how long to look for them.

GATEHOUSE_FUZZ=20 (as `make fuzz` says) looks twenty times as long as the suite does.
"""

import os
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

LONGER = int(os.environ.get("GATEHOUSE_FUZZ", "1"))
ODD_TEXT = (
    "", "\0", " ", "²", "٣", "\u202e", "é" * 300, "京A·12345", "'; DROP TABLE people_person; --", "../../keeper/root.key",  # noqa: E501
    "<script>x</script>", "9" * 400, "-1", "1e999", "NaN", "None", "{{7*7}}", "%00", "\ud7ff", "🚗", "x" * 5000,
    "0001-01-01", "9999-12-31", "[" * 200,
)  # fmt: skip
_NUMBERS = (0, 1, -1, 2**31, 2**31 - 1, -(2**31), 2**53, 2**63 - 1, -(2**63))
_MOMENTS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime(2026, 3, 10, 1, tzinfo=UTC))
_DATES = (date.min, date.max, date(2026, 3, 10), date(2024, 2, 29))


def examples(count: int) -> settings:
    """So many of them, times LONGER; found by chance anew on every run where LONGER is more than 1, else the same."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(
        max_examples=count * LONGER, deadline=None, derandomize=LONGER == 1, database=None, suppress_health_check=checks
    )


def texts(known: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """What is known here as often as what nobody expects."""
    odd = st.one_of(st.sampled_from(ODD_TEXT), st.text(max_size=30))
    return st.one_of(st.sampled_from(known), odd) if known else odd


def of_type(kind: Any, known: Mapping[str, tuple[Any, ...]], name: str = "") -> st.SearchStrategy[Any]:
    """Values of this type: of msgspec structs with every field, and `known[name]` where a field of that name should
    often hold what really is there."""
    fits = [one for one in known.get(name, ()) if isinstance(kind, type) and isinstance(one, kind)]
    if fits:
        return st.one_of(st.sampled_from(fits), _plain(kind, known, name))
    return _plain(kind, known, name)


def _plain(kind: Any, known: Mapping[str, tuple[Any, ...]], name: str) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(of_type(one, known, name) for one in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is typing.Annotated:
        return of_type(inner[0], known, name)
    if origin is list:
        return st.lists(of_type(inner[0], known, name), max_size=3)
    if origin is tuple:
        return st.lists(of_type(inner[0], known, name), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(of_type(inner[0], known, name), of_type(inner[1], known, name), max_size=2)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind, include_extras=True)
        fields = {one.name: of_type(hints[one.name], known, one.name) for one in msgspec.structs.fields(kind)}
        return st.builds(kind, **fields)
    return _LEAVES[kind]


_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: texts(),
    int: st.one_of(st.sampled_from(_NUMBERS), st.integers(-(2**63), 2**63 - 1)),
    float: st.floats(),
    bool: st.booleans(),
    bytes: st.one_of(st.binary(max_size=80), st.sampled_from([b"", bytes(16), bytes(32), bytes(64)])),
    datetime: st.one_of(st.sampled_from(_MOMENTS), st.datetimes(timezones=st.just(UTC)), st.datetimes()),
    date: st.one_of(st.sampled_from(_DATES), st.dates()),
    type(None): st.none(),
}


def spoiled(data: bytes) -> st.SearchStrategy[bytes]:
    """The same bytes with a piece changed, taken out, doubled or put in: a parser gets further in than with garbage."""

    def change(at: int, length: int, put: bytes) -> bytes:
        place = at % (len(data) + 1)
        return data[:place] + put + data[place + length :]

    put = st.one_of(st.binary(max_size=12), st.sampled_from([b"\xff" * 4, b"\x00" * 4, b"\x7f\xff\xff\xff", data[:64]]))
    once = st.builds(change, st.integers(0, len(data)), st.sampled_from([0, 1, 4, 40]), put)
    return st.one_of(once, st.integers(0, len(data)).map(lambda end: data[:end]))
