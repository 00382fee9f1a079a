"""Tables as Frappe HR's Data Import takes them: Employee Checkin and Shift Assignment. Pure.

Columns carry the labels of the fields (field names in brackets): Employee (`employee`), Time (`time`), Log Type
(`log_type`: IN or OUT), Location / Device ID (`device_id`), Skip Auto Attendance (`skip_auto_attendance`); Employee,
Shift Type (`shift_type`), Company (`company`), Start Date (`start_date`), End Date (`end_date`), Status (`status`).
Source: the doctypes of github.com/frappe/hrms. Employees have to be named by staff number there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import DAY, local

CHECKIN = ("Employee", "Time", "Log Type", "Location / Device ID", "Skip Auto Attendance")
ASSIGNMENT = ("Employee", "Shift Type", "Company", "Start Date", "End Date", "Status")


@dataclass(frozen=True, slots=True)
class Checkin:
    number: str = field(repr=False)
    at: datetime
    direction: str
    device: str


@dataclass(frozen=True, slots=True)
class Assigned:
    number: str = field(repr=False)
    shift: str
    day: date


def checkin_rows(checkins: Iterable[Checkin], zone: ZoneInfo) -> list[tuple[str, str, str, str, int]]:
    """By employee and time, on the site's clocks."""
    found = sorted(checkins, key=lambda one: (one.number, one.at))
    return [
        (one.number, f"{local(one.at, zone):%Y-%m-%d %H:%M:%S}", one.direction.upper(), one.device, 0) for one in found
    ]


def assignment_rows(assigned: Iterable[Assigned], company: str) -> list[tuple[str, str, str, str, str, str]]:
    """Dates that follow each other under the same shift are one assignment."""
    found = sorted(set(assigned), key=lambda one: (one.number, one.shift, one.day))
    rows = []
    for (number, shift), some in groupby(found, key=lambda one: (one.number, one.shift)):
        for first, last in _stretches([one.day for one in some]):
            rows.append((number, shift, company, first.isoformat(), last.isoformat(), "Active"))
    return sorted(rows, key=lambda row: (row[0], row[3], row[1]))


def _stretches(days: list[date]) -> list[tuple[date, date]]:
    """First and last of the runs of sorted dates without a gap."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
