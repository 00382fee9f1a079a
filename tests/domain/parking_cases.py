"""Tariffs and stays made up by hypothesis, and a slow, plain pricing to hold the real one against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from gatehouse.domain.money import round_half_up

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe"]
prices = st.integers(0, 2000)
clocks = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
# Around clock changes of those zones, and two ordinary weeks.
ENTRIES = ["2026-03-28", "2026-03-07", "2025-10-25", "2026-10-31", "2026-10-03", "2026-04-04", "2026-06-10"]


@st.composite
def rule_sets(draw):
    """Rules that hold every moment once: over the clock, over tiers or over weekdays, perhaps with holidays."""
    per = st.sampled_from(["block", "occurrence"])
    form = draw(st.sampled_from(["one", "clock", "tiers", "weekdays"]))
    if form == "clock":
        edges = sorted(draw(st.sets(clocks, min_size=2, max_size=4)))
        windows = list(zip(edges, edges[1:] + edges[:1], strict=True))
        rules = [
            {"code": f"w{i}", "price": draw(prices), "per": draw(per), "window": {"opens": a, "closes": b}}
            for i, (a, b) in enumerate(windows)
        ]
    elif form == "tiers":
        edges = [0, *sorted(draw(st.sets(st.integers(1, 1000), min_size=1, max_size=3))), None]
        rules = [
            {"code": f"t{i}", "price": draw(prices), "tier": {"from_min": edges[i], "to_min": edges[i + 1]}}
            for i in range(len(edges) - 1)
        ]
    elif form == "weekdays":
        cut = draw(st.integers(1, 6))
        rules = [
            {"code": "early", "price": draw(prices), "per": draw(per), "days": WEEKDAYS[:cut]},
            {"code": "late", "price": draw(prices), "per": draw(per), "days": WEEKDAYS[cut:]},
        ]
    else:
        rules = [{"code": "all", "price": draw(prices), "per": draw(per)}]
    if draw(st.booleans()):
        rules.append({"code": "holiday", "price": draw(prices), "days": "holiday"})
    return rules


@st.composite
def tariff_forms(draw):
    blocks = {"length_min": draw(st.integers(1, 200)), "rules": draw(rule_sets())}
    if draw(st.booleans()):
        per = draw(st.sampled_from(["calendar_day", "24_hours"]))
        blocks["cap"] = {"amount": draw(st.integers(0, 5000)), "per": per}
    version = {
        "grace_min": draw(st.sampled_from([0, 0, 10])),
        "free_min": draw(st.sampled_from([0, 0, 30])),
        "blocks": blocks,
        "classes": {"motorcycle": {"free_min": draw(st.sampled_from([0, 45])), "percent": "-33.3"}},
        "tax_percent": draw(st.sampled_from([None, 6, "19", "8.25"])),
        "holidays": ["2026-03-29", "2026-04-05", "2026-06-11"],
    }
    zone, currency = draw(st.sampled_from(ZONES)), draw(st.sampled_from(["CNY", "EUR", "JPY", "KWD"]))
    return {"name": "made-up", "zone": zone, "currency": currency, "versions": [version]}


@st.composite
def entries(draw):
    start = datetime.fromisoformat(draw(st.sampled_from(ENTRIES))).replace(tzinfo=UTC)
    return start + timedelta(seconds=draw(st.integers(0, 2 * 86400)))


def lengths(days: int = 4) -> st.SearchStrategy[timedelta]:
    whole_blocks = st.integers(0, days * 48).map(lambda half: timedelta(minutes=30 * half))
    return whole_blocks | st.integers(0, days * 86400).map(lambda s: timedelta(seconds=s))


def plain_total(form: dict, entry: datetime, until: datetime, vehicle_class: str, validated_min: int) -> int:
    """The total in minor units, block by block as the rules are written; no validated amounts."""
    version, zone = form["versions"][0], ZoneInfo(form["zone"])
    if until - entry <= timedelta(minutes=version["grace_min"]):
        return 0
    own = version["classes"].get(vehicle_class, {"free_min": 0, "percent": "0"})
    start = entry + timedelta(minutes=version["free_min"] + own["free_min"] + validated_min)
    blocks, sums, opened = version["blocks"], {}, set()
    k = 0
    while (begins := start + timedelta(minutes=k * blocks["length_min"])) < until:
        amount, occurrence = _plain_price(version, begins.astimezone(zone), k * blocks["length_min"])
        if occurrence is not None:
            amount = 0 if occurrence in opened else amount
            opened.add(occurrence)
        key = _plain_period(blocks.get("cap"), entry, begins, zone)
        sums[key] = sums.get(key, 0) + amount
        k += 1
    cap = blocks.get("cap", {"amount": 10**12})["amount"]
    return round_half_up(sum(min(s, cap) for s in sums.values()) * (1 + Fraction(own["percent"]) / 100))


def _plain_period(cap, entry, begins, zone):
    if cap is None:
        return None
    return begins.astimezone(zone).date() if cap["per"] == "calendar_day" else (begins - entry).days


def _plain_price(version, shown, since_min):
    date, minute = shown.date(), shown.hour * 60 + shown.minute
    for rule in sorted(version["blocks"]["rules"], key=lambda rule: rule.get("days") != "holiday"):
        tier = rule.get("tier", {"from_min": 0, "to_min": None})
        if since_min < tier["from_min"] or (tier["to_min"] is not None and since_min >= tier["to_min"]):
            continue
        opened_on = date
        if "window" in rule:
            opens, closes = (int(rule["window"][k][:2]) * 60 + int(rule["window"][k][3:]) for k in ("opens", "closes"))
            inside = opens <= minute < closes if opens < closes else minute >= opens or minute < closes
            if not inside:
                continue
            if opens >= closes and minute < closes:
                opened_on = date - timedelta(days=1)
        days = rule.get("days", WEEKDAYS)
        named = date.isoformat() in version["holidays"] if days == "holiday" else WEEKDAYS[date.weekday()] in days
        if named:
            return rule["price"], (rule["code"], opened_on) if rule.get("per") == "occurrence" else None
    raise AssertionError("no rule")
