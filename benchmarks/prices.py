"""What a price costs: `price()` of a short and of a long stay under every worked tariff, each a second of one process,
beside the same total reckoned the plain way, block by block, in the same run. Prints the machine, the versions, rates
and ratios. The plain way says no lines and takes no validation; both totals are compared first.

    .venv/bin/python benchmarks/prices.py [--seconds 1]
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from gatehouse.domain.money import round_half_up
from gatehouse.domain.parking import StayFact, price
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariffs import Tariff

VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "parking.json"
ENTRY = datetime(2026, 6, 10, 8, 17, tzinfo=UTC)
STAYS = {"2 h 40 min": timedelta(minutes=160), "40 days": timedelta(days=40)}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def rate(seconds: float, act: Callable[[], object]) -> float:
    """Calls a second of `act`."""
    act()
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        act()
        done += 1
    return done / spent


def plain(form: dict, entry: datetime, until: datetime) -> int:
    """The total for a car in minor units: one block after another, each looked up by the clock."""
    zone = ZoneInfo(form["zone"])
    wall = entry.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    version = next(v for v in form["versions"] if (v["from"] or "") <= wall and (v["to"] is None or wall < v["to"]))
    if until - entry <= version["grace_min"] * MINUTE:
        return 0
    start = entry + version["free_min"] * MINUTE
    if "entry" in version:
        return int(start < until) * version["entry"]["rules"][0]["price"]
    blocks, sums, opened, begins = version["blocks"], {}, set(), start
    cap, length = blocks["cap"], blocks["length_min"] * MINUTE
    while begins < until:
        shown = begins.astimezone(zone)
        amount, occurrence = plain_price(version, shown, begins - start)
        if occurrence is not None:
            amount = 0 if occurrence in opened else amount
            opened.add(occurrence)
        key = None if cap is None else shown.date() if cap["per"] == "calendar_day" else (begins - entry) // DAY
        sums[key] = sums.get(key, 0) + amount
        begins += length
    whole = sum(sums.values()) if cap is None else sum(min(amount, cap["amount"]) for amount in sums.values())
    return round_half_up(whole * (1 + Fraction(version["classes"].get("car", {"percent": "0"})["percent"]) / 100))


def plain_price(version: dict, shown: datetime, since: timedelta) -> tuple[int, object]:
    clock = timedelta(hours=shown.hour, minutes=shown.minute, seconds=shown.second)
    for rule in sorted(version["blocks"]["rules"], key=lambda rule: rule["days"] != "holiday"):
        tier, window = rule["tier"], rule["window"]
        if since < tier["from_min"] * MINUTE or (tier["to_min"] is not None and since >= tier["to_min"] * MINUTE):
            continue
        opens, closes = (clock_of(window[name]) for name in ("opens", "closes"))
        closes += window["closes_days_later"] * DAY
        for days_ago in (0, 1):
            date = shown.date() - days_ago * DAY
            days = rule["days"]
            named = days == "any" or (
                date.isoformat() in version["holidays"] if days == "holiday" else WEEKDAYS[date.weekday()] in days
            )
            if named and opens <= clock + days_ago * DAY < closes:
                return rule["price"], (rule["code"], date) if rule["per"] == "occurrence" else None
    raise AssertionError("no rule")


def clock_of(text: str) -> timedelta:
    return timedelta(hours=int(text[:2]), minutes=int(text[3:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    seconds = parser.parse_args().seconds
    forms = json.loads(VECTORS.read_text("utf-8"))["tariffs"]
    tariffs: dict[str, Tariff] = {name: tariff_from_dict(form) for name, form in forms.items()}
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {platform.python_version()}; one process; {seconds} s each")
    print(f"\n{'tariff':18}{'stay':>12}{'prices/s':>12}{'plain/s':>12}{'ratio':>9}")
    for name, tariff in tariffs.items():
        for said, length in STAYS.items():
            compare(f"{name:18}{said:>12}", tariff, length, seconds)
    read = rate(seconds, lambda: tariff_from_dict(forms["old-town"]))
    print(f"\nreading a tariff's JSON, checks and all: {read:,.0f}/s")


def compare(said: str, tariff: Tariff, length: timedelta, seconds: float) -> None:
    form, stay, until = tariff_to_dict(tariff), StayFact(ENTRY, ENTRY + length), ENTRY + length
    assert price(stay, tariff, until).total.minor == plain(form, ENTRY, until), said
    ours = rate(seconds, lambda: price(stay, tariff, until))
    bare = rate(seconds, lambda: plain(form, ENTRY, until))
    print(f"{said}{ours:12,.0f}{bare:12,.0f}{ours / bare:8.1f}x")


if __name__ == "__main__":
    main()
