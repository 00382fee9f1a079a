"""What one row of a handed-over table says, or what is wrong with it and in which column. Pure.

Dates are taken as people write them where they cannot be meant otherwise; "03/04/2026" is April in one country and
March in another and is
refused. Times are wall times of the site; one that the clocks skipped is refused, of one that they
showed twice the first is taken, as a time clock that knows no offset would.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import DAY, WallTime, at_local, can_be_meant, instant, wall_time
from gatehouse.domain.table_columns import Kind

MOST_DAYS = 366  # of one planned stretch
NUMBER_LIMIT, NAME_LIMIT, TEXT_LIMIT = 32, 120, 200


class Flaw(StrEnum):
    """Why a row is left out."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NO_DATE = "no_date"
    DATE_OF_TWO = "date_of_two"  # the fourth of March or the third of April
    NO_TIME = "no_time"
    NO_SUCH_TIME = "no_such_time"  # the clocks went forward over it
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"
    NO_DIRECTION = "no_direction"
    ENDS_BEFORE = "ends_before"
    TOO_MANY_DAYS = "too_many_days"
    NO_MAIL = "no_mail"
    SPACE = "space"  # a staff number with a space in it
    TWICE = "twice"  # the same as in a row above
    UNKNOWN_PERSON = "unknown_person"
    LEFT = "left"
    UNKNOWN_SHIFT = "unknown_shift"
    UNKNOWN_GROUP = "unknown_group"
    DAY_DESTROYED = "day_destroyed"
    BAD_CARD = "bad_card"


@dataclass(frozen=True, slots=True)
class Flawed:
    """The row is left out; `field` is the column that is to blame."""

    field: str
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody new. Empty where the table says nothing."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)  # department, post, phone, mail, address, identity, account, bank
    hired: date | None
    ends: date | None
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """Somebody is to work a shift on these dates."""

    number: str = field(repr=False)
    days: tuple[date, ...]
    shift: str


@dataclass(frozen=True, slots=True)
class PunchRow:
    number: str = field(repr=False)
    at: datetime  # UTC
    direction: str  # in, out
    device: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a row is read against: the site's zone and the moment of the import."""

    zone: ZoneInfo
    now: datetime
    oldest: date  # punches before this date are refused: nobody could count them any more


class _Wrong(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


Read = PersonRow | ShiftRow | PunchRow


def read_row(kind: Kind, mapping: Mapping[str, int], cells: Sequence[str], around: Around) -> Read | Flawed:
    """What the row says, or the first thing that is wrong with it. Rows of photos: `photo_rows.read_photo_row`."""
    said = {name: cells[place] if 0 <= place < len(cells) else "" for name, place in mapping.items()}
    reader = {Kind.PEOPLE: _person, Kind.SHIFTS: _shift, Kind.PUNCHES: _punch}[kind]
    return reader(said, around)


def _checked(said: Mapping[str, str], name: str, limit: int = TEXT_LIMIT, *, required: str = "") -> str | Flawed:
    text = said.get(name, "")
    if required and not text:
        return Flawed(required, Flaw.EMPTY)
    return Flawed(name, Flaw.TOO_LONG) if len(text) > limit else text


def _number(said: Mapping[str, str]) -> str | Flawed:
    """The staff number. A cell of a person holds "number initials", so a number has no space."""
    found = _checked(said, "number", NUMBER_LIMIT, required="number")
    return Flawed("number", Flaw.SPACE) if isinstance(found, str) and " " in found else found


def _person(said: Mapping[str, str], around: Around) -> PersonRow | Flawed:
    number = _number(said)
    whole = said.get("name", "") or _joined(said.get("first_name", ""), said.get("last_name", ""))
    name = _checked({"name": whole}, "name", NAME_LIMIT, required="name")
    texts: dict[str, str] = {}
    for key in ("department", "post", "phone", "mail", "address", "identity", "account", "bank"):
        text = _checked(said, key, 60 if key in ("department", "post") else TEXT_LIMIT)
        if isinstance(text, Flawed):
            return text
        texts[key] = text
    for one in (number, name):
        if isinstance(one, Flawed):
            return one
    if texts["mail"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", texts["mail"]):
        return Flawed("mail", Flaw.NO_MAIL)
    days: list[date | None] = []
    for key in ("hired", "ends"):
        try:
            days.append(day_of(said[key]) if said.get(key) else None)
        except _Wrong as wrong:
            return Flawed(key, wrong.flaw)
    hired, ends = days
    if hired and ends and ends < hired:
        return Flawed("ends", Flaw.ENDS_BEFORE)
    groups = tuple(
        dict.fromkeys(one.strip() for one in re.split(r"[;；,，、|]", said.get("groups", "")) if one.strip())
    )
    assert isinstance(number, str)
    assert isinstance(name, str)
    return PersonRow(number, name, texts, hired, ends, groups)


def _joined(first: str, last: str) -> str:
    """A Chinese name is written without a space, the family's name first."""
    if first and last and all(unicodedata.name(sign, "").startswith("CJK") for sign in first + last):
        return last + first
    return f"{first} {last}".strip()


def _shift(said: Mapping[str, str], around: Around) -> ShiftRow | Flawed:
    number = _number(said)
    if isinstance(number, Flawed):
        return number
    days: list[date] = []
    for key in ("date", "until"):
        text = said.get(key, "")
        if key == "date" and not text:
            return Flawed(key, Flaw.EMPTY)
        try:
            days.append(day_of(text) if text else days[0])
        except _Wrong as wrong:
            return Flawed(key, wrong.flaw)
    first, last = days
    if last < first:
        return Flawed("until", Flaw.ENDS_BEFORE)
    if (last - first).days >= MOST_DAYS:
        return Flawed("until", Flaw.TOO_MANY_DAYS)
    shift = _checked(said, "shift", 80, required="shift")
    if isinstance(shift, Flawed):
        return shift
    return ShiftRow(number, tuple(first + n * DAY for n in range((last - first).days + 1)), shift)


def _punch(said: Mapping[str, str], around: Around) -> PunchRow | Flawed:
    number = _number(said)
    if isinstance(number, Flawed):
        return number
    at = _at(said, around)
    if isinstance(at, Flawed):
        return at
    direction = direction_of(said.get("direction", ""))
    if direction is None:
        return Flawed("direction", Flaw.EMPTY if not said.get("direction") else Flaw.NO_DIRECTION)
    device = _checked(said, "device", 60)
    return device if isinstance(device, Flawed) else PunchRow(number, at, direction, device)


def _at(said: Mapping[str, str], around: Around) -> datetime | Flawed:
    text = said.get("time", "")
    if not text:
        return Flawed("time", Flaw.EMPTY)
    try:
        if said.get("date"):
            # A workbook's cell with a time alone carries the day 0 of the spreadsheet's calendar.
            at = _local(day_of(said["date"]), clock_of(text.rpartition(" ")[2]), around.zone)
        else:
            at = moment_of(text, around.zone)
    except _Wrong as wrong:
        return Flawed("date" if said.get("date") and wrong.flaw in _OF_DATES else "time", wrong.flaw)
    if at > around.now:
        return Flawed("time", Flaw.IN_FUTURE)
    return Flawed("time", Flaw.TOO_OLD) if at.astimezone(around.zone).date() < around.oldest else at


_OF_DATES = (Flaw.NO_DATE, Flaw.DATE_OF_TWO)
_YEAR_FIRST = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?", re.ASCII)
_SHORT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?", re.ASCII)


def day_of(text: str) -> date:
    """2026-03-04, 2026/3/4, 2026.3.4, 2026年3月4日, 20260304; a midnight after it is passed over. Raises _Wrong."""
    plain = re.sub(r"[ T]00:00(:00)?(\.0+)?$", "", text.strip())
    found = _YEAR_FIRST.fullmatch(plain) or _SHORT.fullmatch(plain)
    if found is None:
        raise _Wrong(Flaw.DATE_OF_TWO if _YEAR_LAST.fullmatch(plain) else Flaw.NO_DATE)
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        raise _Wrong(Flaw.NO_DATE) from None
    if not can_be_meant(day):
        raise _Wrong(Flaw.NO_DATE)
    return day


def clock_of(text: str) -> time:
    """8:59, 08:59:30. Raises _Wrong."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise _Wrong(Flaw.NO_TIME)
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        raise _Wrong(Flaw.NO_TIME) from None


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """A date and a time, of the site's clocks or with an offset of its own; UTC. Raises _Wrong."""
    if re.search(r"\d(Z|[+-]\d{2}:?\d{2})$", text):
        try:
            return instant(datetime.fromisoformat(text.replace(" ", "T", 1))).replace(microsecond=0)
        except (ValueError, OverflowError):
            raise _Wrong(Flaw.NO_TIME) from None
    day, gap, clock = text.replace("T", " ").partition(" ")
    if not gap:
        raise _Wrong(Flaw.NO_TIME)
    return _local(day_of(day), clock_of(clock), zone)


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    if wall_time(day, clock, zone) is WallTime.SKIPPED:
        raise _Wrong(Flaw.NO_SUCH_TIME)
    return at_local(day, clock, zone)


def day_or_flaw(text: str) -> date | Flaw:
    """As `day_of`, for whoever answers with what is wrong."""
    try:
        return day_of(text)
    except _Wrong as wrong:
        return wrong.flaw


_IN = frozenset(
    {
        "in",
        "entry",
        "enter",
        "checkin",
        "clockin",
        "arrival",
        "进",
        "入",
        "进门",
        "进入",
        "上班",
        "签到",
        "上班卡",
        "上班打卡",
    }
)
_OUT = frozenset(
    {
        "out",
        "exit",
        "leave",
        "checkout",
        "clockout",
        "departure",
        "出",
        "离",
        "出门",
        "离开",
        "下班",
        "签退",
        "下班卡",
        "下班打卡",
    }
)


def direction_of(text: str) -> str | None:
    """ "in" or "out" as time clocks write it, else None."""
    plain = re.sub(r"[\s_-]", "", unicodedata.normalize("NFKC", text).casefold())
    return "in" if plain in _IN else "out" if plain in _OUT else None
