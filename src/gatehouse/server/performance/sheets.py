"""The job `performance`: a month's figures of a site and its teams, once the month is everybody's to see.

It reads workdays and personnel files under random ids, as the job `payslips` does, adds each person's days up in memory
and seals only what groups come to. A month is written once and stays: a second sheet would tell by its difference what
one person's correction, or one person's leaving a team, changed.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Tally, tally
from gatehouse.domain.performance_groups import group_sheet
from gatehouse.domain.performance_trend import months_back
from gatehouse.domain.periods import local_date
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.seen_first import open_from
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people import queries as people
from gatehouse.server.people.cells import File, unpack
from gatehouse.server.people.models import Person, Site
from gatehouse.server.performance import looks, queries
from gatehouse.server.performance.cells import sheet_to_bytes
from gatehouse.server.performance.models import FiguresSheet

JOB = By.job("performance")
PURPOSE = "figures.sheet"
BATCH = 250  # people: their month is below a third of what a frame of the keeper holds
MONTHS_BACK = 12


def write_due_sheets(site: Site, *, at: datetime) -> int:
    """Sheets of the last months that are open and have none; how many. Raises KeeperAway, KeeperRefused."""
    today, days = local_date(at, ZoneInfo(site.zone)), queries.days_first(site)
    due = [month for month in months_back(Month.of(today), MONTHS_BACK) if open_from(month, days) <= today]
    held = set(queries.sheets(site, due).values_list("month", flat=True))
    return sum(write_sheet(site, month, at=at) for month in due if month.first not in held)


def write_sheet(site: Site, month: Month, *, at: datetime, by: By = JOB) -> bool:
    """False where there is one already, or nobody had a day. Raises KeeperAway, KeeperRefused."""
    there = work.people_in_span([site], month.first, month.until)
    if queries.sheet(site, month) is not None or not there:
        return False
    tallies: dict[UUID, Tally] = {}
    teams: dict[str, list[UUID]] = {}
    everybody = [person for person in people.people([site]) if person.pk in there]
    for some in _batches(everybody):
        tallies |= _tallies(some, month.first, month.until, by)
        for name, person in _teams(some, by):
            teams.setdefault(name, []).append(person)
    new_id = uuid4()
    cell = keeping.seal_one(looks.SHEET, site.pk, new_id, sheet_to_bytes(group_sheet(tallies, teams)))
    with transaction.atomic():
        if FiguresSheet.objects.filter(site=site, month=month.first).exists():
            return False
        FiguresSheet.objects.create(id=new_id, site=site, month=month.first, cell=cell)
        record("figures.sheet", "site", site.pk, by=by, at=at)
    return True


def _batches(everybody: Sequence[Person]) -> Iterator[Sequence[Person]]:
    for start in range(0, len(everybody), BATCH):
        yield everybody[start : start + BATCH]


def _tallies(some: Sequence[Person], since: date, until: date, by: By) -> dict[UUID, Tally]:
    rows = list(work.workdays(some, since, until))
    found = work_looks.workdays(rows, by.authority, PURPOSE)
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    days: dict[UUID, list[Workday]] = {}
    for (person, _on), shifts in found.items():
        days.setdefault(person, []).extend(shifts)
    return {person: tally(own) for person, own in days.items()}


def _teams(some: Sequence[Person], by: By) -> Iterator[tuple[str, UUID]]:
    """The department of everybody whose file can be read and names one."""
    cells = [keeping.cell("person.file/1", person.pk, person.file_cell) for person in some]
    data = keeping.reveal(cells, by.authority, PURPOSE)
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    for person, text in zip(some, data, strict=True):
        name = unpack(text, File).department.strip() if text else ""
        if name:
            yield name, person.pk
