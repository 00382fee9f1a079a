"""A month computed and paid in one run, against one SQL statement over the same punches unsealed in the same run.

    .venv/bin/python benchmarks/payroll.py [--people 1000 10000 100000] [--dates 22]

Everybody has a shift and punches four times on each of the month's workdays. The punches lie in the table as intake
leaves them, under day tokens. Measured: the night after each date, as the job `workdays` runs it (whose punches they
are, the rules, two sealed cells for everybody), and then one pay run, from its draft to its sums, with the keeper in
its own process and every row in SQLite; of the nights' list for the clerks the last one. The baseline has the punches
in the clear in a table and one statement that pairs them by window functions, sums minutes and overtime, and takes off
a tax by brackets: no sealing, no explanation, no calendar, no leave, no arrears, nothing that could be contested. Whose
punches they are it is told.

Each size is a process of its own, so that its memory is its own, and the baseline another. On a busy machine the time
on the wall says little; the processes' own time says more. `--dates` takes fewer dates of the month.
"""

import argparse
import os
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from gatehouse.clock import ShiftedClock, from_environment

ZONE = ZoneInfo("Asia/Shanghai")
PORTION = 500
TICK = os.sysconf("SC_CLK_TCK")
SHIFT = {
    "start": "09:00:00", "end": "18:00:00", "pairing": "every_pair", "break_min": 60, "break_over_min": 360,
    "closes_after_min": 300, "overtime_from_min": 15,
}  # fmt: skip
KEEPER = "import sys, pathlib; from gatehouse.clock import from_environment; from gatehouse.keeper.service import run; "
KEEPER += "run(pathlib.Path(sys.argv[1]), from_environment())"
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


# --- the company, made from seeds: the same for both ---


def month():
    from gatehouse.domain.pay_facts import Month  # noqa: PLC0415  after set-up

    return Month(2027, 3)


def workdays(count: int) -> list[date]:
    from gatehouse.domain.shifts import DayCalendar  # noqa: PLC0415  after set-up

    return list(month().workdays(DayCalendar()))[:count]


def salaries(count: int) -> list[int]:
    rng = random.Random(7)
    return [rng.randrange(400_000, 3_000_000) for _ in range(count)]


def minutes_of(day: date, count: int):
    """Of everybody in turn: in, out, in, out, as minutes after midnight."""
    rng = random.Random(day.toordinal())
    for _ in range(count):
        yield 530 + rng.randrange(20), 720 + rng.randrange(10), 770 + rng.randrange(10), 1080 + rng.randrange(90)


# --- setting up, which is not measured ---


def start_keeper(home: Path) -> subprocess.Popen[bytes]:
    with (home / "keeper.out").open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", KEEPER, str(home)], stdout=out, stderr=out)
    while not (home / "keeper" / "keeper.sock").exists():
        assert process.poll() is None, "the keeper did not start"
        time.sleep(0.02)
    return process


class Company:
    """A site, its people with contracts and a month's plan, and how their punches come into the table."""

    def __init__(self, home: Path, count: int, dates: int) -> None:
        from gatehouse.crypto.signing import new_device_keys  # noqa: PLC0415  after set-up
        from gatehouse.keeper.local import enrol_edge  # noqa: PLC0415
        from gatehouse.keeper.rootkey import RootKeyFile  # noqa: PLC0415
        from gatehouse.keeper.store import read_store  # noqa: PLC0415
        from gatehouse.server.audit.by import By  # noqa: PLC0415
        from gatehouse.server.people.actions import add_site  # noqa: PLC0415
        from gatehouse.server.people.models import SiteType  # noqa: PLC0415

        self.count, self.days = count, workdays(dates)
        self.people = [uuid4() for _ in range(count)]
        by, at = By.job("setup"), datetime.now(UTC)
        self.site = add_site("works", "Works", SiteType.WORKPLACE, zone=str(ZONE), currency="CNY", by=by, at=at)
        enrol_edge(home, "edge-1", str(self.site.pk), str(ZONE), new_device_keys().public())  # makes the days' keys
        self._hire()
        self._plan(by, at)
        self._store = read_store(home / "keeper" / "store.db", RootKeyFile(home / "keeper" / "root.key").load())
        self._token_keys = [self._token_key(person) for person in self.people]

    def _hire(self) -> None:
        from gatehouse.domain.money import Money  # noqa: PLC0415  after set-up
        from gatehouse.domain.pay_facts import Contract, PayKind, Term  # noqa: PLC0415
        from gatehouse.server import keeping  # noqa: PLC0415
        from gatehouse.server.payroll import models  # noqa: PLC0415
        from gatehouse.server.payroll.cells import contract_to_bytes  # noqa: PLC0415
        from gatehouse.server.people.models import Person  # noqa: PLC0415

        wages = salaries(self.count)
        for start in range(0, self.count, PORTION):
            ids = self.people[start : start + PORTION]
            contracts = [uuid4() for _ in ids]
            plains = [keeping.plain("person.brief/1", one, one, b"S AE") for one in ids]
            for one, row, wage in zip(ids, contracts, wages[start:], strict=False):
                term = Term(PayKind.MONTHLY, Money(wage, "CNY"), date(2026, 1, 1))
                plains.append(keeping.plain("contract.terms/1", one, row, contract_to_bytes(Contract((term,)))))
            cells = keeping.seal_many(plains)
            keeping.seal_many([keeping.plain("credential.card/1", one, uuid4(), b"0") for one in ids])  # access keys
            Person.objects.bulk_create(
                Person(id=one, site=self.site, brief_cell=cell, name_cell=b"", file_cell=b"")
                for one, cell in zip(ids, cells, strict=False)
            )
            models.Contract.objects.bulk_create(
                models.Contract(id=row, person_id=one, cell=cell)
                for one, row, cell in zip(ids, contracts, cells[len(ids) :], strict=True)
            )

    def _plan(self, by, at: datetime) -> None:
        from django.db import connection, transaction  # noqa: PLC0415  after set-up

        from gatehouse.server.attendance.actions import add_pattern  # noqa: PLC0415

        pattern = add_pattern(self.site, "day", "Day", SHIFT, by=by, at=at)
        rows = ((one.hex, str(day), pattern.pk.hex) for day in self.days for one in self.people)
        with transaction.atomic(), connection.cursor() as cursor:
            sql = "INSERT INTO attendance_plannedshift (person_id, date, pattern_id) VALUES (%s, %s, %s)"
            cursor.executemany(sql, rows)

    def _token_key(self, person: UUID) -> bytes:
        from gatehouse.crypto.keyring import token_key  # noqa: PLC0415  after set-up
        from gatehouse.crypto.sealing import KeyKind, KeyRef  # noqa: PLC0415

        return token_key(self._store.key(KeyRef(KeyKind.ACCESS, str(person))))

    def punch(self, day: date) -> None:
        """The date's punches as intake leaves them."""
        from django.db import connection, transaction  # noqa: PLC0415  after set-up

        from gatehouse.crypto.keyring import person_token  # noqa: PLC0415
        from gatehouse.keeper.days import day_ref  # noqa: PLC0415

        key = self._store.key(day_ref(str(self.site.pk), day))
        midnight = datetime.combine(day, datetime.min.time(), ZONE).astimezone(UTC)
        rows = (
            (uuid4().hex, self.site.pk.hex, (midnight + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M:%S"),
             "out" if n % 2 else "in", token)
            for whose, minutes in zip(self._token_keys, minutes_of(day, self.count), strict=True)
            for token in (person_token(key, whose),)
            for n, minute in enumerate(minutes)
        )  # fmt: skip
        sql = (
            "INSERT INTO attendance_punch (id, site_id, gate, at, direction, token) VALUES (%s, %s, 'door', %s, %s, %s)"
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql, rows)


# --- what is measured ---


class Spent:
    """Seconds on the wall, of this process and of the keeper, within `with` blocks."""

    def __init__(self, keeper: int) -> None:
        self._keeper = keeper
        self.wall = self.server = self.keeper = 0.0

    def __enter__(self) -> "Spent":
        self._began = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        wall, server, keeper = (now - then for now, then in zip(self._now(), self._began, strict=True))
        self.wall, self.server, self.keeper = self.wall + wall, self.server + server, self.keeper + keeper

    def _now(self) -> tuple[float, float, float]:
        fields = Path(f"/proc/{self._keeper}/stat").read_text("ascii").rpartition(")")[2].split()
        return time.perf_counter(), time.process_time(), (int(fields[11]) + int(fields[12])) / TICK

    def __str__(self) -> str:
        return f"server {self.server:.1f} s, keeper {self.keeper:.1f} s, on the wall {self.wall:.1f} s"


def peak_mib(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def bar(what: str, done: int, of: int) -> None:
    done = min(done, of)
    if sys.stderr.isatty() or done == of:
        print(f"\r  {what} {'#' * (30 * done // of):30} {done:,}/{of:,}", end="\n" if done == of else "",
              file=sys.stderr, flush=True)  # fmt: skip


def measure(home: Path, keeper: int, count: int, dates: int) -> None:
    from gatehouse.server.run import prepare  # noqa: PLC0415  after set-up

    clock = from_environment()
    assert isinstance(clock, ShiftedClock)
    clock.advance_to(datetime(2027, 3, 1, 4, tzinfo=ZONE))
    prepare(home, clock)
    company = Company(home, count, dates)
    before = peak_mib(os.getpid())
    nights, listed, pay = Spent(keeper), Spent(keeper), Spent(keeper)
    from gatehouse.server.attendance.workdays import compute_workdays  # noqa: PLC0415  after set-up
    from gatehouse.server.attendance.worklist_actions import keep_worklist  # noqa: PLC0415

    for n, day in enumerate(company.days, 1):
        company.punch(day)
        clock.advance_to(datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE) + timedelta(hours=4.5))
        with nights:
            assert compute_workdays(company.site, day, at=clock.now()) == count
        bar("nights", n, dates)
    of_days = peak_mib(os.getpid())
    with pay:
        reckon(company.site, count)
    of_pay = peak_mib(os.getpid())
    with listed:
        keep_worklist(company.site, company.days[-1], at=clock.now())
    said = subprocess.run(
        [sys.executable, __file__, "--plain", str(count), "--dates", str(dates)], check=True, stdout=subprocess.PIPE
    )
    took, plain_mib = map(float, said.stdout.split())
    busy = nights.server + nights.keeper + pay.server + pay.keeper
    print(f"{count:7,} people, {dates} dates: {count / busy:,.0f} people a second of computing", end="")
    print(f", {count / (nights.wall + pay.wall):,.0f} on the wall")
    print(f"         {dates} nights: {nights}")
    print(f"         pay run: {pay}")
    print(f"         the last night's list of what waits: {listed}")
    print(f"         plain SQL {took:.2f} s, {plain_mib:,.0f} MiB: {took / busy:.4f} of it")
    print(
        f"         memory at most: server {of_days:,.0f} MiB after the nights, {of_pay:,.0f} MiB after the pay run, ",
        end="",
    )
    print(f"{peak_mib(os.getpid()):,.0f} MiB after the list ({before:,.0f} before all); ", end="")
    print(f"keeper {peak_mib(keeper):,.0f} MiB", flush=True)


def reckon(site, people: int) -> None:
    from gatehouse.server.audit.by import By  # noqa: PLC0415  after set-up
    from gatehouse.server.moment import now  # noqa: PLC0415
    from gatehouse.server.payroll import computing, runs  # noqa: PLC0415
    from gatehouse.server.payroll.models import PayRun, RunKind  # noqa: PLC0415

    run = runs.open_run(site, month(), RunKind.REGULAR, by=By.job("setup"), at=now())
    assert isinstance(run, PayRun), run
    done = 0
    while some := computing.reckon_some(run, at=now()):
        done += some
        bar("pay", done, people)
    run.refresh_from_db()
    assert done == people
    assert run.summary_cell is not None


def plain_pass(count: int, dates: int) -> None:
    """Prints the seconds of the statement and the most memory."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE punch (person INT, day INT, at INT, way INT)")
    database.execute("CREATE TABLE wage (person INTEGER PRIMARY KEY, salary INT)")
    database.executemany("INSERT INTO wage VALUES (?, ?)", enumerate(salaries(count)))
    rows = (
        (n, d, minute, k % 2)
        for d, day in enumerate(workdays(dates))
        for n, minutes in enumerate(minutes_of(day, count))
        for k, minute in enumerate(minutes)
    )
    database.executemany("INSERT INTO punch VALUES (?, ?, ?, ?)", rows)
    began = time.process_time()
    assert len(database.execute(PLAIN).fetchall()) == count
    print(time.process_time() - began, peak_mib(os.getpid()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--dates", type=int, default=22, help="workdays of the month, at most 23")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--plain", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.plain:
        plain_pass(asked.plain, asked.dates)
        return
    if asked.one is None:
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
        print(f"SQLite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}", flush=True)
        for count in asked.people:
            command = [sys.executable, __file__, "--one", str(count), "--dates", str(asked.dates)]
            subprocess.run(command, check=True)
        return
    with tempfile.TemporaryDirectory(prefix="gatehouse-payroll-") as folder:
        os.environ["GATEHOUSE_CLOCK"] = str(Path(folder) / "clock")
        keeper = start_keeper(Path(folder))
        try:
            measure(Path(folder), keeper.pid, asked.one, asked.dates)
        finally:
            keeper.terminate()
            keeper.wait(10)


if __name__ == "__main__":
    main()
