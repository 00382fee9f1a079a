"""The matchers of faces and plates probed as an oracle: whoever climbs a score up to a match needs a score to climb.

How often anybody may ask is in tests/keeper/test_plates.py (plates) and tests/attacks/test_tablets.py (faces)."""

import re
from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from gatehouse import wire
from gatehouse.domain.matching import Likeness
from gatehouse.keeper import protocol as say
from gatehouse.server.api.app import api

SCORE = re.compile(r"score|similar|confiden|likeness|distance|probab", re.IGNORECASE)
LETTERS = get_args(wire.Body)


def _numbers(kind: object, path: str = "") -> Iterator[str]:
    """Where a value of this type may hold a number with places after the point."""
    if kind is float:
        yield path
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            yield from _numbers(field.type, f"{path}.{field.name}")
    else:
        for part in get_args(kind):
            yield from _numbers(part, path)


@pytest.mark.parametrize("reply", get_args(say.AnyReply), ids=lambda one: one.__name__)
def test_no_answer_of_the_keeper_has_room_for_a_score(reply: type[say.Reply]) -> None:
    assert list(_numbers(reply)) == []
    assert [field.name for field in msgspec.structs.fields(reply) if SCORE.search(field.name)] == []


def test_how_alike_two_plates_are_is_one_of_six_words() -> None:
    """So an answer tells at most which of them, and ten cars at most are told (tests/keeper/test_plates.py)."""
    assert len(Likeness) == 6
    assert all(word.isascii() and not re.search(r"\d", word) for word in Likeness)


def test_no_field_of_the_api_is_a_score() -> None:
    schemas = api.get_openapi_schema(path_prefix="/api/")["components"]["schemas"]
    fields = [(name, field) for name, schema in schemas.items() for field in schema.get("properties", {})]
    assert len(fields) > 100
    assert [(name, field) for name, field in fields if SCORE.search(field)] == []


@pytest.mark.parametrize("letter", LETTERS, ids=lambda one: one.__name__)
def test_no_letter_of_a_gate_carries_a_score(letter: type[msgspec.Struct]) -> None:
    assert [field.name for field in msgspec.structs.fields(letter) if SCORE.search(field.name)] == []
