"""Changing shift patterns, never the days that were worked by them: new rules hold from a date that is to come."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.periods import DAY, can_be_meant, local_date
from gatehouse.server.attendance.actions import add_pattern
from gatehouse.server.attendance.models import DraftDay, PatternVersion, PlannedShift, ShiftPattern
from gatehouse.server.attendance.patterns import OPEN_CODE, pattern_fact
from gatehouse.server.attendance.plan_changes import Key, note_changes, said_shifts
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Site

# Dates without a shift, as long as a site has said nothing else (`patterns.OPEN_PATTERN`).
OPEN_RULES: dict[str, object] = {
    "start": "00:00:00", "end": "00:00:00", "opens_before_min": 0, "closes_after_min": 0, "pairing": "every_pair",
    "counting": "all_overtime",
}  # fmt: skip


class PatternRefused(Exception):
    """Codes: `too_early` (new rules begin tomorrow at the earliest), `in_use` (somebody is planned for it)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def first_day(site: Site, at: datetime) -> date:
    """The first date on which changed rules may begin: tomorrow by the site's clock."""
    return local_date(at, ZoneInfo(site.zone)) + DAY


def is_used(pattern: ShiftPattern) -> bool:
    """Whether a day may have been worked by it, or will be."""
    return pattern.code == OPEN_CODE or PlannedShift.objects.filter(pattern=pattern).exists()


@transaction.atomic
def change_pattern(
    pattern: ShiftPattern, name: str, rules: Mapping[str, object], since: date, *, by: By, at: datetime
) -> None:
    """These rules from `since` on; at once where nobody was ever planned for the pattern. Workers whose published
    shifts have other hours by it see them as changed. Raises PatternRefused, msgspec.ValidationError, ShiftError,
    KeyError."""
    pattern_fact(pattern.code, rules)
    if is_used(pattern):
        if since < first_day(pattern.site, at) or not can_be_meant(since):
            raise PatternRefused("too_early")
        before = _published(pattern, since)
        PatternVersion.objects.update_or_create(pattern=pattern, since=since, defaults={"rules": dict(rules)})
        ShiftPattern.objects.filter(pk=pattern.pk).update(name=name)
        pattern.name = name
        note_changes(before, _published(pattern, since))
    else:
        PatternVersion.objects.filter(pattern=pattern).delete()
        ShiftPattern.objects.filter(pk=pattern.pk).update(name=name, rules=dict(rules))
    record("pattern.changed", "pattern", pattern.pk, by=by, at=at)


@transaction.atomic
def take_back_version(pattern: ShiftPattern, since: date, *, by: By, at: datetime) -> bool:
    """A version that has not begun yet is gone; False where there is none. Raises PatternRefused."""
    if since < first_day(pattern.site, at):
        raise PatternRefused("too_early")
    before = _published(pattern, since)
    gone, _counts = PatternVersion.objects.filter(pattern=pattern, since=since).delete()
    if gone:
        note_changes(before, _published(pattern, since))
        record("pattern.changed", "pattern", pattern.pk, by=by, at=at)
    return bool(gone)


@transaction.atomic
def open_pattern_row(site: Site, name: str, *, by: By, at: datetime) -> ShiftPattern:
    """The site's own pattern of dates without a shift, made with what held until now."""
    own = ShiftPattern.objects.filter(site=site, code=OPEN_CODE).first()
    return own or add_pattern(site, OPEN_CODE, name, OPEN_RULES, by=by, at=at)


@transaction.atomic
def retire_pattern(pattern: ShiftPattern, *, by: By, at: datetime) -> None:
    """No longer offered for new plans; what is planned stays."""
    ShiftPattern.objects.filter(pk=pattern.pk).update(retired=True)
    record("pattern.retired", "pattern", pattern.pk, by=by, at=at)


@transaction.atomic
def take_up_pattern(pattern: ShiftPattern, *, by: By, at: datetime) -> None:
    """Offered again."""
    ShiftPattern.objects.filter(pk=pattern.pk).update(retired=False)
    record("pattern.taken_up", "pattern", pattern.pk, by=by, at=at)


@transaction.atomic
def delete_pattern(pattern: ShiftPattern, *, by: By, at: datetime) -> None:
    """A pattern that nobody was ever planned for, nor is in a draft. Raises PatternRefused."""
    drafted = any(str(pattern.pk) in ids for ids in _drafts(pattern.site))
    if is_used(pattern) or drafted:
        raise PatternRefused("in_use")
    record("pattern.deleted", "pattern", pattern.pk, by=by, at=at)
    pattern.delete()


def _drafts(site: Site) -> list[list[str]]:
    return list(DraftDay.objects.filter(person__site=site).values_list("shifts", flat=True))


def _published(pattern: ShiftPattern, since: date) -> dict[Key, list[str]]:
    """What everybody with this pattern from `since` on is shown for those dates now."""
    rows = PlannedShift.objects.filter(pattern=pattern, date__gte=since).values_list("person_id", "date")
    return said_shifts(pattern.site, set(rows))
