"""A week of a site's roster as it is shown: people by dates, drafts over what is published, and what is doubtful."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gatehouse.domain.periods import DAY
from gatehouse.domain.rosters import WEEK, Shifts, doubts, laid_over, same, week_min
from gatehouse.domain.shifts import DayCalendar, DayClass, Leave, PlannedShift, dates
from gatehouse.server.attendance import queries, roster_queries
from gatehouse.server.attendance.models import CalendarDay, ShiftPattern
from gatehouse.server.attendance.patterns import OPEN_CODE
from gatehouse.server.attendance.plan_changes import said
from gatehouse.server.attendance.versions import Versions
from gatehouse.server.console import words_rosters
from gatehouse.server.console.saying import day as day_said
from gatehouse.server.people.models import Person, Site

AROUND = 2 * DAY
TONES = 5  # grounds that shifts are told apart by, besides their codes


@dataclass(frozen=True, slots=True)
class Chip:
    """One shift in a cell: its code, its ground, and all of it in words."""

    code: str
    tone: int
    title: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One person's date. `said` is what a screen reader hears."""

    date: date
    chips: tuple[Chip, ...]
    drafted: bool
    closed: bool
    special: str
    on_leave: bool
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """One person's week."""

    id: UUID
    number: str
    initials: str
    cells: tuple[Cell, ...]
    planned_min: int
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """One date above the cells."""

    date: date
    special: str
    name: str
    today: bool


@dataclass
class Week:
    """What a week of a site is drawn from."""

    site: Site
    monday: date
    today: date
    patterns: dict[str, ShiftPattern] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patterns = roster_queries.patterns_by_id(self.site)
        self._versions = Versions(self.patterns.values())
        self._calendar = queries.calendar(self.site)
        self._zone = ZoneInfo(self.site.zone)
        self._special = roster_queries.special_days(self.site, self.monday, 7)
        order = sorted(self.patterns.values(), key=lambda row: (str(row.rules.get("start", "")), row.code))
        self._tones = {str(row.pk): place % TONES for place, row in enumerate(order)}

    @property
    def days(self) -> tuple[date, ...]:
        return dates(self.monday, self.monday + WEEK)

    @property
    def calendar(self) -> DayCalendar:
        return self._calendar

    def heads(self) -> list[Head]:
        return [Head(day, *self._named(day), day == self.today) for day in self.days]

    def _named(self, day: date) -> tuple[str, str]:
        row = self._special.get(day)
        return (row.day_class, _name_of(row)) if row else ("", "")

    def brushes(self) -> list[tuple[str, Chip]]:
        """The shifts that can be put, by id."""
        rows = sorted(self.patterns.values(), key=lambda row: (self._tones[str(row.pk)], row.code))
        offered = [row for row in rows if not row.retired and row.code != OPEN_CODE]
        return [(str(row.pk), self._chip(str(row.pk), self.monday)) for row in offered]

    def _chip(self, shift: str, day: date) -> Chip:
        row = self.patterns[shift]
        return Chip(row.code, self._tones[shift], said(row.name, self._versions.on(row, day)))

    def lines(self, people: Sequence[tuple[Person, str, str]], leaves: Mapping[UUID, Sequence[Leave]]) -> list[Line]:
        """People with number and initials; `leaves` of those whose leave was looked at."""
        rows = [person for person, _number, _initials in people]
        found = roster_queries.planned(rows, self.monday - AROUND, self.monday + WEEK + AROUND)
        return [
            self._line(
                one,
                found.published.get(one[0].pk, {}),
                found.drafts.get(one[0].pk, {}),
                leaves.get(one[0].pk, ()),
            )
            for one in people
        ]

    def _line(
        self,
        one: tuple[Person, str, str],
        published: Mapping[date, Shifts],
        drafts: Mapping[date, Shifts],
        leaves: Sequence[Leave],
    ) -> Line:
        person, number, initials = one
        plan = laid_over(published, drafts)
        shifts = [
            PlannedShift(day, self._versions.on(self.patterns[shift], day))
            for day, held in plan.items()
            for shift in held
            if shift in self.patterns
        ]
        week = [shift for shift in shifts if self.monday <= shift.date < self.monday + WEEK]
        span = (self.monday, self.monday + WEEK)
        found = doubts(shifts, leaves, self._calendar, self._zone, *span)
        free = {leave.date for leave in leaves}
        cells = tuple(
            self._cell(day, plan.get(day, ()), drafted=day in drafts and not same(drafts[day], published.get(day, ())),
                       on_leave=day in free)
            for day in self.days
        )  # fmt: skip
        planned = week_min(week, leaves, self._calendar, self._zone)
        return Line(person.pk, number, initials, cells, planned, tuple(words_rosters.doubt(one) for one in found))

    def _cell(self, day: date, held: Shifts, *, drafted: bool, on_leave: bool) -> Cell:
        chips = tuple(self._chip(shift, day) for shift in held if shift in self.patterns)
        special, name = self._named(day)
        words = [", ".join(chip.title for chip in chips) or _("free")]
        words += [name] if name else []
        words += [_("leave")] if on_leave else []
        words += [_("draft")] if drafted else []
        told = f"{day_said(day)}: {' · '.join(words)}"
        return Cell(day, chips, drafted, day < self.today, special, on_leave, told)


def _name_of(row: CalendarDay) -> str:
    said_class = str(words_rosters.DAY_CLASSES[DayClass(row.day_class)])
    return f"{said_class}: {row.name}" if row.name else said_class
