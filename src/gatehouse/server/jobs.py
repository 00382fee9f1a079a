"""Work by the clock: a plain loop over a table of due jobs.

A job runs at its due time or as soon after it as somebody looks, once for every due time that has passed, so that a
clock which jumped by three days still makes three days' workdays. A job that fails is tried again at the next look,
and after pauses that double when it goes on failing; then an alarm says so on Watch, and `gatehouse doctor` too.

A look costs two small queries, for one site as for a thousand; when a job that runs every few seconds is due next is
not written down, so that a server with nothing to do writes nothing.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import DatabaseError, close_old_connections, transaction

from gatehouse.clock import Clock
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, at_local, local_date
from gatehouse.server import moment, silence
from gatehouse.server.alerts import watching
from gatehouse.server.attendance.workdays import WORKDAYS_ASK_DAYS, compute_workdays
from gatehouse.server.attendance.worklist_actions import keep_worklist
from gatehouse.server.audit import actions as audit
from gatehouse.server.audit import queries as due
from gatehouse.server.audit.by import By
from gatehouse.server.backups import schedule
from gatehouse.server.databases import fold
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.gates.escalation import EVERY as ESCALATE_EVERY
from gatehouse.server.gates.escalation import escalate_unseen
from gatehouse.server.interchange import delivering, looking, mailing, running
from gatehouse.server.parking import receipts
from gatehouse.server.parking.bookings import note_no_shows
from gatehouse.server.parking.merchants import give_back_unused
from gatehouse.server.parking.orders import ask_for_lost_notices
from gatehouse.server.parking.permits import renew_by_themselves
from gatehouse.server.parking.reconciling import compare_lately
from gatehouse.server.parking.refunds import send_open_refunds
from gatehouse.server.parking.stays import forget_spent_keys, retoken_stays
from gatehouse.server.payroll.actions import draft_payslips
from gatehouse.server.payroll.computing import reckon_due_runs
from gatehouse.server.people import honeys
from gatehouse.server.people import queries as people
from gatehouse.server.people.credential_actions import end_lent_cards
from gatehouse.server.people.models import Site
from gatehouse.server.performance.sheets import write_due_sheets
from gatehouse.server.pickup import notices
from gatehouse.server.reindex import reindex
from gatehouse.server.rights import retention
from gatehouse.server.staffing.changes import come_into_force
from gatehouse.server.takings.counting import BACK_DAYS, count_changed, count_days
from gatehouse.server.visits import actions as visiting
from gatehouse.server.visits import arriving

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
FREQUENT = timedelta(minutes=1)  # a job with shorter pauses is due at every start
LONGEST_PAUSE = timedelta(minutes=5)  # of a job that keeps failing
ALARM_AT = 8  # failures in a row: about a minute
ALARMS = {
    "day_change": "day_change_fails",
    "workdays": "workdays_fail",
    "payslips": "payslips_fail",
    "takings": "takings_fail",
    "retention": "retention_fails",
    "incidents": "incidents_fail",
}
OTHER_ALARM = "server_fails"
WORKDAYS_AT = time(4, 30)  # by then yesterday's day shifts are over, and the night shifts of the date before
PAYSLIPS_AT = time(5)
FIGURES_AT = time(5, 30)
TAKINGS_AT = time(3, 30)  # by then edges that were cut off for a while have told what happened
STATEMENTS_AT = time(11)  # providers have yesterday's statement by 10 o'clock
RIGHTS_AT = time(20)  # what ends at midnight is renewed before it does
VISITS_AT = time(3, 45)  # what is over is destroyed
RETENTION_AT = time(2, 30)
UNUSED_BACK_AT = time(4)  # what merchants gave to nobody; a code on a till's screen at that minute is shown anew
CATCH_UP_DAYS = 35  # further back the days' keys may be gone


@dataclass(frozen=True, slots=True)
class SiteJob:
    """A job per site. `run` gets the due time; `after` says the next one after an instant."""

    name: str
    run: Callable[[Site, datetime, datetime], None]
    after: Callable[[Site, datetime], datetime]


@dataclass(frozen=True, slots=True)
class ServerJob:
    """A job of the whole server, again and again after a pause."""

    name: str
    run: Callable[[], object]
    every: timedelta

    @property
    def is_frequent(self) -> bool:
        return self.every < FREQUENT


def _next_local(site: Site, at: datetime, clock_time: time) -> datetime:
    zone = ZoneInfo(site.zone)
    today = at_local(local_date(at, zone), clock_time, zone)
    return today if today > at else at_local(local_date(at, zone) + DAY, clock_time, zone)


def _day_change(site: Site, due_at: datetime, now: datetime) -> None:
    retoken_stays(site, now, by=By.job("retoken"))


def _workdays(site: Site, due_at: datetime, now: datetime) -> None:
    """Yesterday, and the date before it again, whose night shifts ended yesterday. Dates that were missed for longer
    than the keeper tells a job about wait for somebody with a ticket."""
    zone = ZoneInfo(site.zone)
    due_on, today = local_date(due_at, zone), local_date(now, zone)
    for day in (due_on - 2 * DAY, due_on - DAY):
        if today - day <= WORKDAYS_ASK_DAYS * DAY:
            compute_workdays(site, day, at=now)
            keep_worklist(site, day, at=now)
        else:
            log.warning("workdays.too_late", site=str(site.pk), day=day.isoformat())


def _payslips(site: Site, due_at: datetime, now: datetime) -> None:
    """Drafts of yesterday's month, anew every night until it is over."""
    yesterday = local_date(due_at, ZoneInfo(site.zone)) - DAY
    drafts = draft_payslips(site, Month.of(yesterday), at=now)
    for code, count in Counter(why.code for _, why in drafts.without).items():
        log.warning("payslips.without", site=str(site.pk), code=code, count=count)


def _performance(site: Site, due_at: datetime, now: datetime) -> None:
    """Sheets of months whose figures are no longer the people's alone."""
    write_due_sheets(site, at=now)


def _takings(site: Site, due_at: datetime, now: datetime) -> None:
    """Yesterday, and of the dates before it those that late reports have changed. A garage's first days are counted
    from where its stays begin."""
    today = local_date(due_at, ZoneInfo(site.zone))
    count_days(site, today - DAY, today, now)
    count_changed(site, today - BACK_DAYS * DAY, today - DAY, now)


def _statements(site: Site, due_at: datetime, now: datetime) -> None:
    """Yesterday's money against what the providers say."""
    yesterday = local_date(due_at, ZoneInfo(site.zone)) - DAY
    compare_lately(site, yesterday, by=By.job("statements"), at=now)


def _visits(site: Site, due_at: datetime, now: datetime) -> None:
    visiting.destroy_due(site, at=now)


def _unused_back(site: Site, due_at: datetime, now: datetime) -> None:
    give_back_unused(site, at=now)


def _rights(site: Site, due_at: datetime, now: datetime) -> None:
    renew_by_themselves(site, at=now)
    note_no_shows(site, at=now)


def _retention(site: Site, due_at: datetime, now: datetime) -> None:
    """What a site no longer keeps: keys destroyed, rows deleted."""
    retention.destroy_due(site, at=now)


def _staff(site: Site, due_at: datetime, now: datetime) -> None:
    come_into_force(site, at=now)


def _lent_cards(site: Site, due_at: datetime, now: datetime) -> None:
    end_lent_cards(site, by=By.job("lent_cards"), at=now)


SITE_JOBS = (
    SiteJob("staff", _staff, lambda site, at: _next_local(site, at, time(0))),
    SiteJob("lent_cards", _lent_cards, lambda site, at: _next_local(site, at, time(0))),
    SiteJob("day_change", _day_change, lambda site, at: _next_local(site, at, time(0))),
    SiteJob("workdays", _workdays, lambda site, at: _next_local(site, at, WORKDAYS_AT)),
    SiteJob("merchants", _unused_back, lambda site, at: _next_local(site, at, UNUSED_BACK_AT)),
    SiteJob("visits", _visits, lambda site, at: _next_local(site, at, VISITS_AT)),
    SiteJob("rights", _rights, lambda site, at: _next_local(site, at, RIGHTS_AT)),
    SiteJob("payslips", _payslips, lambda site, at: _next_local(site, at, PAYSLIPS_AT)),
    SiteJob("performance", _performance, lambda site, at: _next_local(site, at, FIGURES_AT)),
    SiteJob("takings", _takings, lambda site, at: _next_local(site, at, TAKINGS_AT)),
    SiteJob("retention", _retention, lambda site, at: _next_local(site, at, RETENTION_AT)),
    SiteJob("statements", _statements, lambda site, at: _next_local(site, at, STATEMENTS_AT)),
)
SERVER_JOBS = (
    ServerJob("reindex", reindex, timedelta(minutes=5)),
    ServerJob("silence", silence.look, timedelta(seconds=10)),
    ServerJob("note", audit.note_entries, timedelta(seconds=5)),
    ServerJob("spent_keys", forget_spent_keys, timedelta(seconds=30)),
    ServerJob("receipts", lambda: receipts.give_missing(moment.now()), timedelta(seconds=5)),
    ServerJob("lost_notices", lambda: ask_for_lost_notices(moment.now()), timedelta(seconds=10)),
    ServerJob("refunds", lambda: send_open_refunds(moment.now()), timedelta(seconds=10)),
    ServerJob("payruns", reckon_due_runs, timedelta(seconds=1)),
    ServerJob("arrivals", lambda: arriving.look(moment.now()), timedelta(seconds=5)),
    ServerJob("absences", lambda: notices.look(moment.now()), timedelta(seconds=20)),
    ServerJob("absence_sweep", lambda: notices.sweep(moment.now()), timedelta(hours=1)),
    ServerJob("imports", running.run_due, timedelta(seconds=1)),
    ServerJob("photos", looking.look_due, timedelta(seconds=1)),
    ServerJob("import_sweep", lambda: running.sweep(moment.now()), timedelta(hours=1)),
    ServerJob("hooks", lambda: delivering.deliver_due(moment.now()), timedelta(seconds=1)),
    ServerJob("hook_sweep", lambda: delivering.sweep(moment.now()), timedelta(hours=1)),
    ServerJob("mail", lambda: mailing.deliver_due(moment.now()), timedelta(seconds=1)),
    ServerJob("mail_sweep", lambda: mailing.sweep(moment.now()), timedelta(hours=1)),
    ServerJob("incidents", lambda: watching.look(moment.now()), timedelta(seconds=10)),
    ServerJob("escalation", lambda: escalate_unseen(moment.now()), ESCALATE_EVERY),
    ServerJob("honeys", honeys.lay, timedelta(hours=1)),
    ServerJob("fold", fold, timedelta(minutes=5)),
    ServerJob("backup", lambda: schedule.look(moment.now()), timedelta(minutes=1)),
)


def run_due(now: datetime) -> int:
    """Run everything that is due; how many runs there were. One job's failure never stops another."""
    runs = sum(_run_server_job(job, now) for job in SERVER_JOBS)
    _begin_new_sites(now)
    waiting = due.due_of_sites([job.name for job in SITE_JOBS], now)
    sites = people.all_sites().filter(pk__in={site for _, site in waiting}) if waiting else ()
    return runs + sum(
        _run_site_job(job, site, now) for site in sites for job in SITE_JOBS if (job.name, str(site.pk)) in waiting
    )


_frequent: dict[str, datetime] = {}  # when a frequent job is due next; of one process, as what follows
_begun: set[UUID] = set()  # sites of which every job has a due time


def _run_server_job(job: ServerJob, now: datetime) -> int:
    at = _frequent.get(job.name) if job.is_frequent else due.due_at(job.name, "")
    if at is not None and timedelta() < at - now <= job.every:  # further off only when the clock was put back
        return 0
    if not _tried(job.name, "", job.run, now):
        return 0
    if job.is_frequent:
        _frequent[job.name] = now + job.every
    else:
        audit.set_due(job.name, "", now + job.every)
    return 1


def _begin_new_sites(now: datetime) -> None:
    """A site's first look at a job only sets when it runs next."""
    ids = set(people.all_sites().values_list("pk", flat=True))
    for site in people.all_sites().filter(pk__in=ids - _begun) if ids - _begun else ():
        for job in SITE_JOBS:
            if due.due_at(job.name, str(site.pk)) is None:
                audit.set_due(job.name, str(site.pk), job.after(site, now))
        _begun.add(site.pk)


def _run_site_job(job: SiteJob, site: Site, now: datetime) -> int:
    """Every due time that has passed, in order."""
    scope, runs = str(site.pk), 0
    at = due.due_at(job.name, scope)
    if at is None:
        return 0
    at = max(at, job.after(site, now - CATCH_UP_DAYS * DAY))
    while at <= now:
        if not _tried(job.name, scope, partial(job.run, site, at, now), now):
            break
        at = job.after(site, at)
        audit.set_due(job.name, scope, at)
        runs += 1
    return runs


@dataclass(frozen=True, slots=True)
class _Failing:
    """How often a job has failed in a row, and when it is tried again."""

    times: int
    not_before: datetime


def forget() -> None:
    """As a process that starts; for tests."""
    _frequent.clear()
    _begun.clear()
    _failing.clear()


_failing: dict[tuple[str, str], _Failing] = {}  # by job and scope; of one process, whose start tries everything anew


def _tried(name: str, scope: str, work: Callable[[], object], now: datetime) -> bool:
    before = _failing.get((name, scope), _Failing(0, now))
    if timedelta() < before.not_before - now <= LONGEST_PAUSE:  # further off only when the clock was put back
        return False
    try:
        work()
    except Exception as fault:  # noqa: BLE001  outermost: whatever one job meets, the others and the next look go on
        times = before.times + 1
        _failing[name, scope] = _Failing(times, now + pause_after(times))
        log.warning("job.failed", job=name, site=scope, fault=type(fault).__name__, count=times)
        if times == ALARM_AT:
            _alarm(name, scope, now)
        return False
    _failing.pop((name, scope), None)
    return True


def _alarm(name: str, scope: str, now: datetime) -> None:
    """Once for every row of failures, at the job's site or, for a job of the whole server, at every one."""
    try:
        with transaction.atomic():
            for site in people.all_sites():
                if scope in ("", str(site.pk)):
                    raise_alarm(site.pk, "", ALARMS.get(name, OTHER_ALARM), at=now)
    except DatabaseError as fault:
        log.warning("job.alarm_failed", job=name, site=scope, fault=type(fault).__name__)


def pause_after(failures: int) -> timedelta:
    """None after the first failure, then a second, two, four ... up to LONGEST_PAUSE."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(failures - 2, 20))) if failures > 1 else timedelta()


class Ticker(threading.Thread):
    """Looks for due jobs until `stop`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(name="ticker", daemon=True)
        self._clock = clock
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            close_old_connections()
            try:
                run_due(self._clock.now())
            except DatabaseError as fault:
                log.warning("ticker.failed", fault=type(fault).__name__)

    def stop(self) -> None:
        self._stopping.set()
        if self.is_alive():
            self.join(10)
