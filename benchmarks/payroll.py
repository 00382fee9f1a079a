"""A month computed and paid in one run, against one SQL statement over the same punches unsealed in the same run.

    .venv/bin/python benchmarks/payroll.py [--people 1000 10000] [--kill]

Everybody punches four times on each of the month's 22 workdays. Measured: from those punches to sealed workdays (the
pure rules, then one seal a day), and from the sealed cells to sealed payslips, totals included, with the keeper in its
own process and every row in SQLite. The baseline has the punches in the clear in a table and one statement that pairs
them by window functions, sums minutes and overtime, and takes off a tax by brackets: no sealing, no explanation, no
calendar, no leave, no arrears, nothing that could be contested. Whose punches they are is known to both.

Each size is a process of its own, so that its memory is its own. `--kill` kills the reckoning process with SIGKILL in
the middle of the first size, goes on, and compares every payslip with those of a run that nobody stopped.
"""

import argparse
import hashlib
import os
import platform
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.ingest import start_keeper

from gatehouse.clock import SystemClock

ZONE = ZoneInfo("Asia/Shanghai")
PORTION = 200
MIDDLE = 0.3
SHIFT = {
    "start": "09:00:00", "end": "18:00:00", "pairing": "every_pair", "break_min": 60, "break_over_min": 360,
    "closes_after_min": 300, "overtime_from_min": 15,
}  # fmt: skip
PLAIN = """
WITH paired AS (
  SELECT person, day, at - LAG(at) OVER (PARTITION BY person, day ORDER BY at) AS minutes, way FROM punch),
daily AS (SELECT person, day, SUM(minutes) AS minutes FROM paired WHERE way = 1 GROUP BY person, day),
monthly AS (
  SELECT person, SUM(MIN(minutes, 480)) AS worked, SUM(MAX(minutes - 480, 0)) AS overtime FROM daily GROUP BY person),
gross AS (
  SELECT person, salary + ROUND(salary / 21.75 / 8 * overtime / 60 * 1.5) AS gross
  FROM monthly JOIN wage USING (person))
SELECT person, gross - ROUND(CASE WHEN gross <= 500000 THEN 0 WHEN gross <= 4100000 THEN (gross - 500000) * 0.03
  ELSE (gross - 500000) * 0.1 - 252000 END) FROM gross
"""


def month():
    from gatehouse.domain.pay_facts import Month  # noqa: PLC0415  after set-up

    return Month(2026, 3)


def punches_of(rng: random.Random, day: date) -> list[datetime]:
    """In, out, in, out, at whole minutes."""
    start = datetime.combine(day, datetime.min.time(), ZONE)
    minutes = (530 + rng.randrange(20), 720 + rng.randrange(10), 770 + rng.randrange(10), 1080 + rng.randrange(90))
    return [start + timedelta(minutes=minute) for minute in minutes]


class Company:
    """People with contracts, in the tables of a home; their punches are made anew from a seed."""

    def __init__(self, count: int) -> None:
        from gatehouse.domain.shifts import DayCalendar  # noqa: PLC0415  after set-up

        self.days = month().workdays(DayCalendar())
        self.people = [uuid4() for _ in range(count)]
        rng = random.Random(7)
        self.salaries = [rng.randrange(400_000, 3_000_000) for _ in self.people]

    def punches(self, n: int) -> list[list[datetime]]:
        rng = random.Random(n)
        return [punches_of(rng, day) for day in self.days]

    def hire(self, site) -> None:
        from gatehouse.domain.money import Money  # noqa: PLC0415  after set-up
        from gatehouse.domain.pay_facts import Contract, PayKind, Term  # noqa: PLC0415
        from gatehouse.server import keeping  # noqa: PLC0415
        from gatehouse.server.payroll import models  # noqa: PLC0415
        from gatehouse.server.payroll.cells import contract_to_bytes  # noqa: PLC0415
        from gatehouse.server.people.models import Person  # noqa: PLC0415

        for start in range(0, len(self.people), PORTION):
            ids = self.people[start : start + PORTION]
            contracts = [uuid4() for _ in ids]
            terms = [
                Contract((Term(PayKind.MONTHLY, Money(self.salaries[start + n], "CNY"), date(2026, 1, 1)),))
                for n in range(len(ids))
            ]
            plains = [keeping.plain("person.brief/1", one, one, b"S AE") for one in ids]
            plains += [
                keeping.plain("contract.terms/1", one, row, contract_to_bytes(term))
                for one, row, term in zip(ids, contracts, terms, strict=True)
            ]
            cells = keeping.seal_many(plains)
            Person.objects.bulk_create(
                Person(id=one, site=site, brief_cell=cell, name_cell=b"", file_cell=b"")
                for one, cell in zip(ids, cells, strict=False)
            )
            models.Contract.objects.bulk_create(
                models.Contract(id=row, person_id=one, cell=cell)
                for one, row, cell in zip(ids, contracts, cells[len(ids) :], strict=True)
            )


def seal_days(company: Company) -> None:
    """From punches to sealed workdays, as the nightly job does it for one date after the other."""
    from django.db import transaction  # noqa: PLC0415  after set-up

    from gatehouse.domain.attendance import Facts, SiteRules, workdays  # noqa: PLC0415
    from gatehouse.domain.punches import Direction, Punch  # noqa: PLC0415
    from gatehouse.domain.shifts import DayCalendar, PlannedShift  # noqa: PLC0415
    from gatehouse.server import keeping  # noqa: PLC0415
    from gatehouse.server.attendance.models import Workday  # noqa: PLC0415
    from gatehouse.server.attendance.patterns import OPEN_PATTERN, pattern_fact, workdays_to_bytes  # noqa: PLC0415

    pattern = pattern_fact("D", SHIFT)
    rules = SiteRules(ZONE, DayCalendar(), OPEN_PATTERN, 2)
    plan = [PlannedShift(day, pattern) for day in company.days]
    ways = (Direction.IN, Direction.OUT, Direction.IN, Direction.OUT)
    from gatehouse.domain.attendance import Approval  # noqa: PLC0415

    approved = [Approval(day, 120) for day in company.days]
    for start in range(0, len(company.people), PORTION):
        plains, rows = [], []
        for n, person in enumerate(company.people[start : start + PORTION], start):
            made = [
                Punch(f"{d}-{k}", at, way)
                for d, day in enumerate(company.punches(n))
                for k, (at, way) in enumerate(zip(day, ways, strict=True))
            ]
            facts = Facts(punches=made, plan=plan, corrections=[], leaves=[], approvals=approved)
            for found in workdays(facts, rules, month().first, month().until).workdays:
                row = uuid4()
                plains.append(keeping.plain("workday.facts/1", person, row, workdays_to_bytes([found])))
                rows.append((row, person, found.date))
        cells = keeping.seal_many(plains)
        with transaction.atomic():
            Workday.objects.bulk_create(
                Workday(id=row, person_id=person, date=day, cell=cell)
                for (row, person, day), cell in zip(rows, cells, strict=True)
            )
        bar("days", start + PORTION, len(company.people))


def reckon(run, people: int) -> None:
    from gatehouse.server.payroll import computing, run_queries  # noqa: PLC0415  after set-up

    while computing.reckon_some(run, at=datetime.now(UTC)):
        bar("pay", run_queries.progress(run)[0], people)


def bar(what: str, done: int, of: int) -> None:
    done = min(done, of)
    if sys.stderr.isatty() or done == of:
        print(f"\r  {what} {'#' * (30 * done // of):30} {done:,}/{of:,}", end="\n" if done == of else "",
              file=sys.stderr, flush=True)  # fmt: skip


def plain_pass(company: Company) -> tuple[float, dict[UUID, int]]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE punch (person INT, day INT, at INT, way INT)")
    database.execute("CREATE TABLE wage (person INTEGER PRIMARY KEY, salary INT)")
    database.executemany("INSERT INTO wage VALUES (?, ?)", enumerate(company.salaries))
    rows = (
        (n, d, int((at - day[0].replace(hour=0, minute=0)).total_seconds()) // 60, k % 2)
        for n in range(len(company.people))
        for d, day in enumerate(company.punches(n))
        for k, at in enumerate(day)
    )
    database.executemany("INSERT INTO punch VALUES (?, ?, ?, ?)", rows)
    began = time.process_time()
    found = database.execute(PLAIN).fetchall()
    return time.process_time() - began, {company.people[n]: net for n, net in found}


def open_company(home: Path, count: int):
    from gatehouse.server.run import prepare  # noqa: PLC0415  after set-up

    prepare(home, SystemClock())
    from gatehouse.server.audit.by import By  # noqa: PLC0415  after set-up
    from gatehouse.server.people.actions import add_site  # noqa: PLC0415
    from gatehouse.server.people.models import SiteType  # noqa: PLC0415

    by, at = By.job("setup"), datetime.now(UTC)
    site = add_site("works", "Works", SiteType.WORKPLACE, zone=str(ZONE), currency="CNY", by=by, at=at)
    company = Company(count)
    company.hire(site)
    return site, company


def begin(site):
    from gatehouse.server.audit.by import By  # noqa: PLC0415  after set-up
    from gatehouse.server.payroll import runs  # noqa: PLC0415
    from gatehouse.server.payroll.models import PayRun, RunKind  # noqa: PLC0415

    run = runs.open_run(site, month(), RunKind.REGULAR, by=By.job("setup"), at=datetime.now(UTC))
    assert isinstance(run, PayRun), run
    return run


def results(run) -> str:
    """The digest of every result, in the clear."""
    from gatehouse.server import keeping  # noqa: PLC0415  after set-up
    from gatehouse.server.payroll import run_queries  # noqa: PLC0415
    from gatehouse.server.payroll.gathering import opened  # noqa: PLC0415

    rows = list(run_queries.slips(run).order_by("person_id"))
    texts = opened([keeping.cell("payslip.run/1", row.pk, row.cell or b"") for row in rows])
    whole = hashlib.sha256()
    for row, text in zip(rows, texts, strict=True):
        assert isinstance(text, bytes), text
        whole.update(row.person_id.bytes + text)
    return whole.hexdigest()


def measure(home: Path, count: int) -> None:
    site, company = open_company(home, count)
    began, busy = time.perf_counter(), time.process_time()
    seal_days(company)
    days, busy_days = time.perf_counter() - began, time.process_time() - busy
    began, busy = time.perf_counter(), time.process_time()
    run = begin(site)
    reckon(run, count)
    pay, busy_pay = time.perf_counter() - began, time.process_time() - busy
    took, nets = plain_pass(company)
    assert len(nets) == count
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:7,} people: days {count / days:6,.0f}/s, pay {count / pay:6,.0f}/s, together {days + pay:6.1f} s")
    print(
        f"         of that the server computes {busy_days:.1f} s and {busy_pay:.1f} s; the rest is keeper, disk, others"
    )
    wall, busy = took / (days + pay), took / (busy_days + busy_pay)
    print(f"         plain SQL {took:.2f} s of computing: ratio {busy:.3f}, to the time on the wall {wall:.3f}")
    print(f"         the server's memory at most {memory:,.0f} MiB", flush=True)


def kill(home: Path, count: int) -> None:
    site, company = open_company(home, count)
    seal_days(company)
    from gatehouse.server.audit.by import By  # noqa: PLC0415
    from gatehouse.server.payroll import run_queries, runs  # noqa: PLC0415  after set-up

    run = begin(site)
    reckon(run, count)
    whole = results(run)
    runs.reckon_anew(run, by=By.job("setup"), at=datetime.now(UTC))
    run.refresh_from_db()
    child = subprocess.Popen([sys.executable, __file__, "--reckon", str(home)])
    while run_queries.progress(run)[0] < MIDDLE * count:
        assert child.poll() is None, "the reckoning ended before it could be killed"
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    left = run_queries.progress(run)[0]
    reckon(run, count)
    same = results(run) == whole
    print(f"killed by SIGKILL at {left:,} of {count:,}; gone on with: every payslip the same: {same}")
    assert same


def go_on(home: Path) -> None:
    from gatehouse.server.run import prepare  # noqa: PLC0415  after set-up

    prepare(home, SystemClock())
    from gatehouse.server.payroll.models import PayRun  # noqa: PLC0415  after set-up

    run = PayRun.objects.select_related("site").get()
    reckon(run, run.slips.count())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--reckon", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.reckon:
        go_on(asked.reckon)
        return
    if asked.one is None:
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
        print(f"SQLite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}", flush=True)
        for n, count in enumerate(asked.people):
            kills = ["--kill"] if asked.kill and not n else []
            subprocess.run([sys.executable, __file__, "--one", str(count), *kills], check=True)
        return
    with tempfile.TemporaryDirectory(prefix="gatehouse-payroll-") as folder:
        keeper = start_keeper(Path(folder))
        try:
            (kill if asked.kill else measure)(Path(folder), asked.one)
        finally:
            keeper.terminate()
            keeper.wait(10)


if __name__ == "__main__":
    main()
