"""Whether the rules of one tariff version say one price, and one only, for every moment.

Worked on wall time: a week of minutes for weekday rules, the actual dates for holiday and date rules. Clock
changes need no care here, since every instant shows some wall time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

from gatehouse.domain.tariff_rules import BlockRule, DayKind, TariffError

_MINUTE = timedelta(minutes=1)
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_Span = tuple[int, int, int]  # from minute, to minute, index of the rule


def check_rules(rules: Sequence[BlockRule], holidays: frozenset[date]) -> None:
    """Raises TariffError: `empty`, `duplicate` (two rules of one code), `overlap` (two equally particular
    rules hold one moment) or `not_covered` (a moment of an ordinary week has no price)."""
    if not rules:
        raise TariffError("empty", "rules", "write at least one rule with a price")
    codes = [rule.code for rule in rules]
    for i, code in enumerate(codes):
        if code in codes[:i]:
            raise TariffError("duplicate", f"rules[{i}].code", f"{code} is taken; give every rule its own code")
    by_kind = sorted(range(len(rules)), key=lambda i: rules[i].days.kind)
    for _, indexes in groupby(by_kind, key=lambda i: rules[i].days.kind):
        _check_overlap(rules, [span for i in indexes for span in _spans(rules[i], i, holidays)])
    _check_cover(rules)


def _spans(rule: BlockRule, index: int, holidays: frozenset[date]) -> Iterator[_Span]:
    """The rule's openings in minutes: of a week that runs round, or, for dates, counted from the year 1."""
    opens, closes = rule.window.opens // _MINUTE, rule.window.closes // _MINUTE
    if rule.days.kind in (DayKind.DATES, DayKind.HOLIDAY):
        for day in rule.days.dates or holidays:
            midnight = day.toordinal() * _DAY_MIN
            yield midnight + opens, midnight + closes, index
        return
    for weekday in rule.days.weekdays or range(7):
        start, end = weekday * _DAY_MIN + opens, weekday * _DAY_MIN + closes
        yield start, min(end, _WEEK_MIN), index
        if end > _WEEK_MIN:
            yield 0, end - _WEEK_MIN, index


def _check_overlap(rules: Sequence[BlockRule], spans: list[_Span]) -> None:
    still_open: list[_Span] = []
    for start, end, i in sorted(spans):
        still_open = [span for span in still_open if span[1] > start]
        for _, _, j in still_open:
            if rules[i].tier.meets(rules[j].tier):
                names = f"{rules[j].code} and {rules[i].code} both price"
                if i == j:
                    names = f"two openings of {rules[i].code} price"
                advice = f"{names} {_moment(start, rules[i])}; end one where the other begins"
                facts = {"one": rules[j].name, "other": rules[i].name} | _moment_facts(start, rules[i])
                raise TariffError("overlap", f"rules[{max(i, j)}]", advice, **facts)
        still_open.append((start, end, i))


def _check_cover(rules: Sequence[BlockRule]) -> None:
    weekly = [i for i, rule in enumerate(rules) if rule.days.kind in (DayKind.WEEKDAYS, DayKind.ANY)]
    edges = {timedelta(0)}
    for i in weekly:
        edges |= {rules[i].tier.starts, rules[i].tier.ends or timedelta(0)}
    for edge in sorted(edges):
        reached = 0
        spans = [s for i in weekly if rules[i].tier.holds(edge) for s in _spans(rules[i], i, frozenset())]
        for start, end, _ in sorted(spans):
            if start > reached:
                break
            reached = max(reached, end)
        if reached < _WEEK_MIN:
            since = f" from {edge // _MINUTE} minutes after the chargeable start" if edge else ""
            raise TariffError(
                "not_covered",
                "rules",
                f"no rule prices {_weekly(reached)}{since}; add one, with price 0 if it is free",
                since_min=edge // _MINUTE,
                **_weekly_facts(reached),
            )


def _moment(minute: int, rule: BlockRule) -> str:
    if rule.days.kind in (DayKind.DATES, DayKind.HOLIDAY):
        return f"{date.fromordinal(minute // _DAY_MIN)} {_clock(minute)}"
    return _weekly(minute)


def _moment_facts(minute: int, rule: BlockRule) -> dict[str, str | int]:
    if rule.days.kind in (DayKind.DATES, DayKind.HOLIDAY):
        return {"date": date.fromordinal(minute // _DAY_MIN).isoformat(), "clock": _clock(minute)}
    return _weekly_facts(minute)


def _weekly_facts(minute: int) -> dict[str, str | int]:
    return {"weekday": minute // _DAY_MIN, "clock": _clock(minute)}


def _weekly(minute: int) -> str:
    return f"{_WEEKDAYS[minute // _DAY_MIN]} {_clock(minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
