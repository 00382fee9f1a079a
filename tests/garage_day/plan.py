"""What truly happens on one day: who comes where and when, what the cameras make of it, who pays how. Made from a seed
before anything runs; nothing of Gatehouse is asked."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

ZONE = "Asia/Shanghai"
CURRENCY = "CNY"
LEAVE_MIN = 15
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
SERIAL = LETTERS + "0123456789"
DAY = timedelta(days=1)
# How many come in each hour.
BUSY = (2, 1, 1, 1, 1, 3, 8, 18, 24, 18, 12, 12, 14, 13, 11, 10, 11, 14, 15, 11, 8, 6, 4, 3)
LAST_EXIT = timedelta(hours=26)  # the last car leaves two hours after midnight


def _tariff(**version: object) -> dict[str, object]:
    return {"name": "posted", "zone": ZONE, "currency": CURRENCY, "versions": [version]}


def _blocks(length_min: int, price: int, **more: object) -> dict[str, object]:
    return {"length_min": length_min, "rules": [{"code": "block", "price": price}], **more}


# What is posted at the four entrances.
TARIFFS: tuple[dict[str, object], ...] = (
    _tariff(grace_min=30, blocks=_blocks(60, 500)),
    _tariff(grace_min=15, blocks=_blocks(30, 400, cap={"amount": 4000, "per": "calendar_day"}), tax_percent="6"),
    _tariff(grace_min=20, blocks=_blocks(15, 175)),
    _tariff(grace_min=10, blocks=_blocks(60, 799, cap={"amount": 5555, "per": "calendar_day"})),
)


class Way(StrEnum):
    """How a driver means to get out."""

    PERMIT = "permit"
    FREE = "free"  # leaves within the free minutes
    PHONE = "phone"  # pays on the phone, then drives to the exit
    LANE = "lane"  # drives to the exit first
    DAWDLES = "dawdles"  # pays, and comes to the exit when the time to leave is over
    TWICE = "twice"  # two phones pay for one car


class Odd(StrEnum):
    """What goes wrong on the way."""

    NOTHING = ""
    LOST_IN = "lost_in"  # drove in behind another car: nothing knows of it
    LOST_OUT = "lost_out"  # drove out behind another car
    MISREAD_IN = "misread_in"  # one character wrong at the entry
    MISREAD_OUT = "misread_out"  # one character wrong at the exit, however often it comes
    BLINKED_OUT = "blinked_out"  # one character wrong at the first look at the exit only
    FOLDED_IN = "folded_in"  # O for 0 or I for 1 at the entry


@dataclass(slots=True)
class Visit:
    """One car's visit as it truly is; `told` and the rest are what the day then writes beside it."""

    number: int
    garage: int
    plate: str
    comes: datetime
    leaves: datetime
    way: Way
    odd: Odd = Odd.NOTHING
    misread: str = ""
    delay: timedelta = timedelta()  # until the provider tells of the payment
    repeats: int = 0  # how often it tells it again
    # --- what the day writes ---
    entered_at: datetime | None = None  # as the edge told it
    left_at: datetime | None = None
    out_reason: str = ""
    by_hand: bool = False
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)  # between when the page named an amount
    payments: list[str] = field(default_factory=list)
    paid: list[tuple[datetime, datetime]] = field(default_factory=list)  # between when the provider was heard
    tries: int = 0
    lane: str = ""  # at which exit it stands


@dataclass(frozen=True, slots=True)
class Day:
    start: datetime
    visits: list[Visit]
    permits: list[tuple[int, str]]  # garage and plate


def make(seed: int, stays: int, start: datetime, hours: tuple[int, int] = (0, 24)) -> Day:
    """`start` is a midnight at the garages; cars come within `hours`."""
    dice = random.Random(seed)
    plates = _plates(dice)
    visits: list[Visit] = []
    permits: list[tuple[int, str]] = []
    known: set[str] = set()
    returning: list[tuple[datetime, int, str, Way]] = []  # cars that have left and may come again
    comes = sorted(_arrival(dice, hours) for _ in range(stays))
    for number, offset in enumerate(comes):
        at = start + offset
        again = next((one for one in returning if one[0] < at), None) if dice.random() < 0.1 else None
        if again is not None:
            returning.remove(again)
            garage, plate = again[1], again[2]
            way = Way.PERMIT if again[3] is Way.PERMIT else _way(dice, Way.PHONE)
        else:
            garage, plate, way = dice.randrange(len(TARIFFS)), next(plates), _way(dice)
            known.add(plate)
            if way is Way.PERMIT:
                permits.append((garage, plate))
        visit = Visit(number, garage, plate, at, _leaves(dice, at, garage, way, start), way)
        _spoil(dice, visit)
        visits.append(visit)
        if visit.odd is Odd.NOTHING:
            returning.append((visit.leaves + timedelta(minutes=30), garage, plate, way))
    for visit in visits:
        if visit.odd in (Odd.MISREAD_IN, Odd.MISREAD_OUT, Odd.BLINKED_OUT):
            visit.misread = _misread(dice, visit.plate, known)
            known.add(visit.misread)
        elif visit.odd is Odd.FOLDED_IN:
            visit.misread = visit.plate[:2] + visit.plate[2:].replace("0", "O").replace("1", "I")
    return Day(start, visits, permits)


def _plates(dice: random.Random) -> Iterator[str]:
    """Never the same twice; one in thirty differs from an earlier one by a single character."""
    made: list[str] = []
    seen: set[str] = set()
    while True:
        if made and dice.random() < 1 / 30:
            text = _changed(dice, dice.choice(made))
        else:
            text = dice.choice("京沪粤苏") + dice.choice(LETTERS) + "".join(dice.choice(SERIAL) for _ in range(5))
        if text not in seen:
            seen.add(text)
            made.append(text)
            yield text


def _changed(dice: random.Random, plate: str) -> str:
    place = dice.randrange(2, len(plate))
    return plate[:place] + dice.choice([c for c in SERIAL if c != plate[place]]) + plate[place + 1 :]


def _misread(dice: random.Random, plate: str, known: set[str]) -> str:
    """Never another car's plate: the camera would have read that one rightly as well."""
    while (text := _changed(dice, plate)) in known:
        pass
    return text


def _arrival(dice: random.Random, hours: tuple[int, int]) -> timedelta:
    among = range(*hours)
    hour = dice.choices(among, weights=[BUSY[hour] for hour in among])[0]
    return timedelta(hours=hour, seconds=dice.randrange(3600))


def _way(dice: random.Random, no_permit: Way = Way.PERMIT) -> Way:
    """`no_permit` is what a car without one does instead."""
    ways = [no_permit, Way.FREE, Way.PHONE, Way.LANE, Way.DAWDLES, Way.TWICE]
    return dice.choices(ways, weights=[18, 12, 50, 17, 2, 1])[0]


def _leaves(dice: random.Random, comes: datetime, garage: int, way: Way, start: datetime) -> datetime:
    if way is Way.FREE:
        return comes + timedelta(seconds=dice.randrange(120, 480))
    stays = timedelta(minutes=min(600.0, max(35.0, dice.lognormvariate(4.6, 0.8))))
    latest = start + LAST_EXIT - timedelta(minutes=dice.uniform(0, 40))
    return max(min(comes + stays, latest), comes + timedelta(minutes=35))


def _spoil(dice: random.Random, visit: Visit) -> None:
    """2 % misreads, 1 % of the events lost, 10 % of the payments told late, 5 % told again."""
    roll = dice.random()
    reads = (Odd.MISREAD_IN, Odd.MISREAD_OUT, Odd.BLINKED_OUT, Odd.FOLDED_IN)
    if roll < 0.02:
        visit.odd = dice.choices(reads, weights=[6, 4, 6, 4])[0]
    elif roll < 0.025:
        visit.odd = Odd.LOST_IN
    elif roll < 0.03:
        visit.odd = Odd.LOST_OUT
    if dice.random() < 0.1:
        visit.delay = timedelta(seconds=dice.randrange(60, 900))
    if dice.random() < 0.05:
        visit.repeats = dice.randrange(1, 4)
