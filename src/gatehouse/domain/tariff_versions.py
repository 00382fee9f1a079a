"""A tariff that is in use changes only ahead: what has begun stays as it was, so that nobody's stay is priced anew.

A version has begun when its first instant is not after `now`. Of one that has begun only the end may still move,
and never to before `now`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gatehouse.domain.periods import at_local, instant
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariffs import Tariff, TariffVersion


def begun(tariff: Tariff, now: datetime) -> int:
    """How many versions, from the first on, have begun by `now`."""
    moment = instant(now)
    return sum(version.starts is None or _instant(tariff, version.starts) <= moment for version in tariff.versions)


def with_version(tariff: Tariff, version: TariffVersion, starts: datetime, now: datetime) -> Tariff:
    """The tariff with `version` in force from the wall time `starts` until the next planned one begins; a planned
    version that begins at the same time is replaced. Raises TariffError: `in_the_past`, or `not_covered` when the
    version before ends earlier than `starts`."""
    if _instant(tariff, starts) < instant(now):
        raise TariffError("in_the_past", "starts", "begin now or later: stays that have begun keep their price")
    before = [held for held in tariff.versions if held.starts is None or held.starts < starts]
    after = [held for held in tariff.versions if held.starts is not None and held.starts > starts]
    if before and (before[-1].ends is None or before[-1].ends > starts):
        before[-1] = replace(before[-1], ends=starts)
    added = replace(version, starts=starts, ends=after[0].starts if after else None)
    return replace(tariff, versions=(*before, added, *after))


def without_version(tariff: Tariff, starts: datetime, now: datetime) -> Tariff:
    """The tariff without the planned version that would begin at `starts`; the one before it lasts as long as both
    would have. Raises TariffError `not_planned` when there is none, it has begun, or it is the only one."""
    places = [i for i, held in enumerate(tariff.versions) if held.starts == starts]
    if not places or places[0] < begun(tariff, now) or len(tariff.versions) == 1:
        raise TariffError("not_planned", "starts", "only a version that has not begun can be taken back")
    place = places[0]
    kept = [held for i, held in enumerate(tariff.versions) if i != place]
    if place:
        kept[place - 1] = replace(kept[place - 1], ends=tariff.versions[place].ends)
    return replace(tariff, versions=tuple(kept))


def switched(before: Tariff, after: Tariff, starts: datetime, name: str, now: datetime) -> Tariff:
    """One tariff called `name`: `before` until the wall time `starts`, and `after` from then on, so that every stay is
    priced by the one that was in force when it entered. What was planned of `before` for later never comes. Raises
    TariffError: `in_the_past`, `other_currency`, `other_zone`, or `not_covered` when either leaves `starts` without
    prices."""
    if _instant(before, starts) < instant(now):
        raise TariffError("in_the_past", "starts", "begin now or later: stays that have begun keep their price")
    if before.currency != after.currency:
        raise TariffError("other_currency", "currency", "both tariffs have one currency")
    if before.zone.key != after.zone.key:
        raise TariffError("other_zone", "zone", "both tariffs have one zone")
    kept = [
        replace(held, ends=starts) if held.ends is None or held.ends > starts else held
        for held in before.versions
        if held.starts is None or held.starts < starts
    ]
    taken = [
        replace(held, starts=starts) if held.starts is None or held.starts < starts else held
        for held in after.versions
        if held.ends is None or held.ends > starts
    ]
    if not taken or taken[0].starts != starts:
        raise TariffError("not_covered", "starts", "the tariff has no prices at that time")
    return replace(before, name=name, versions=(*kept, *taken))


def check_history(before: Tariff, after: Tariff, now: datetime) -> None:
    """That going from `before` to `after` prices no stay anew that entered by `now`. Raises TariffError with
    `begun_changed` or `in_the_past`."""
    count = begun(before, now)
    for i in range(count):
        held, path = before.versions[i], f"versions[{i}]"
        new = after.versions[i] if i < len(after.versions) else None
        if new is None or replace(new, ends=None) != replace(held, ends=None):
            advice = "this version has begun and stays as it is; add a version that begins later"
            raise TariffError("begun_changed", path, advice)
        if new.ends != held.ends:
            for edge in (held.ends, new.ends):
                if edge is not None and _instant(before, edge) < instant(now):
                    raise TariffError("in_the_past", f"{path}.to", "an end moves only from and to what is ahead")
    if count and count < len(after.versions):
        starts = after.versions[count].starts
        if starts is not None and _instant(after, starts) < instant(now):
            raise TariffError("in_the_past", f"versions[{count}].from", "begin now or later")


def _instant(tariff: Tariff, wall: datetime) -> datetime:
    return at_local(wall.date(), wall.time(), tariff.zone)
