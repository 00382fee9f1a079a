"""Building blocks of request bodies: strict types, closed sets of fields, bounded sizes.

JSON's own types are taken at their word: "1" is no number and 1 is no truth. Texts hold no control characters.
"""

import base64
import binascii
import re
import unicodedata
from datetime import date, datetime, time
from functools import cache
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic import WithJsonSchema as Described
from pydantic_core import PydanticCustomError

from gatehouse.domain.periods import can_be_meant


class Shape(BaseModel):
    """A body: unknown fields are refused, and no message repeats what was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Answer(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class Made(Answer):
    """The id of what was made."""

    id: UUID


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "a text")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co") for letter in value):
        raise PydanticCustomError("control_characters", "a text without control characters")
    return value.strip()


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Text, Field(min_length=1, max_length=80)]
Short = Annotated[Text, Field(max_length=80)]
Long = Annotated[Text, Field(max_length=400)]
Code = Annotated[Text, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
Flag = StrictBool
Seconds = Annotated[float, Field(strict=True, ge=0.1, le=600, allow_inf_nan=False)]
Minutes = Annotated[StrictInt, Field(ge=0, le=1440)]


def _day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = None
        if found is not None and can_be_meant(found):
            return found
    raise PydanticCustomError("date", "a date as 2026-03-01")


def _instant(value: Any) -> datetime:
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)"
    if isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is not None and can_be_meant(found.date()):
            return found
    raise PydanticCustomError("instant", "an instant with its offset, as 2026-03-01T08:00:00+08:00")


def _wall_time(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d(:\d\d)?", value, re.ASCII):
        try:
            return time.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise PydanticCustomError("time", "a wall time as 08:30")


def _day_text(value: Any) -> str:
    return _day(value).isoformat()


Day = Annotated[date, BeforeValidator(_day), Described({"type": "string", "format": "date"})]
DayText = Annotated[str, BeforeValidator(_day_text), Described({"type": "string", "format": "date"})]
Instant = Annotated[datetime, BeforeValidator(_instant), Described({"type": "string", "format": "date-time"})]
WallTime = Annotated[str, BeforeValidator(_wall_time), Described({"type": "string", "format": "time"})]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        raise PydanticCustomError("zone", "an IANA time zone such as Asia/Shanghai")
    return value


ZoneName = Annotated[Text, AfterValidator(_zone)]
Currency = Annotated[Text, Field(pattern=r"^[A-Z]{3}$")]


def _key(value: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise PydanticCustomError("key", "32 bytes as base64")
    return key


Key = Annotated[bytes, BeforeValidator(lambda value: _key(_text(value))), Described({"type": "string"})]


def unique(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        raise PydanticCustomError("repeated", "no value twice")
    return values


Ids = Annotated[list[UUID], Field(max_length=200), AfterValidator(unique)]
