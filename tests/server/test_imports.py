"""Files come in: previewed, taken in once, killed in the middle, taken back as a whole."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.server.world import SETUP, ZONE, overtake

from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.table_columns import Kind
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance.actions import add_pattern, plan
from gatehouse.server.attendance.models import PlannedShift, Punch, Workday
from gatehouse.server.audit.models import Entry
from gatehouse.server.interchange import queries, reading, running, undoing, workbooks
from gatehouse.server.interchange.checking import check
from gatehouse.server.interchange.models import Import, ImportRow, ImportState, Made
from gatehouse.server.people import looks
from gatehouse.server.people.actions import leave
from gatehouse.server.people.models import Membership, Person

SHIFT = {"start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360}


class Office:
    def __init__(self, world):
        self.world, self.site = world, world.site
        self.hr = world.operator(Role.HR)
        self.today = local_date(world.now(), ZoneInfo(ZONE))
        self.day = self.today - DAY
        self.pattern = add_pattern(self.site, "day", "Day shift", SHIFT, by=SETUP, at=world.now())

    @property
    def at(self):
        return self.world.now()

    def bring(self, kind: Kind, text: str | bytes):
        data = text if isinstance(text, bytes) else text.encode()
        return reading.bring(self.site, kind, workbooks.read(data), by=self.hr, at=self.at)

    def checked(self, kind: Kind, text: str | bytes) -> Import:
        task = self.bring(kind, text)
        assert isinstance(task, Import)
        found = check(task, task.mapping, by=self.hr, at=self.at)
        assert isinstance(found, Import), found
        return found

    def take(self, kind: Kind, text: str | bytes) -> Import:
        task = self.checked(kind, text)
        assert running.start(task, by=self.hr, at=self.at) is True
        self.carry_on(task)
        return task

    def carry_on(self, task):
        running.run_due()
        for _ in range(20):
            task.refresh_from_db()
            if task.state in (ImportState.DONE, ImportState.UNDONE) and not task.days:
                break
            assert running.step(task, by=self.hr, at=self.at) is None
        task.refresh_from_db()

    def undo(self, task):
        answer = undoing.undo(task, by=self.hr, at=self.at)
        if answer is None:
            self.carry_on(task)
        return answer

    def worked(self, person, day=None):
        rows = list(work.workdays([person], day or self.day, (day or self.day) + DAY))
        found = work_looks.workdays(rows, self.hr.authority, "test")
        assert not isinstance(found, Refused)
        return [w.worked_min for days in found.values() for w in days]


@pytest.fixture
def office(world):
    return Office(world)


def names(office):
    found = looks.names(list(Person.objects.all()), office.hr.authority, "test")
    return {(one.brief.number, one.name) for one in found}


PEOPLE = (
    "工号,姓名,部门,入职日期,手机,组\nE-1,Lin Moss,Works,2026/3/2,+86 10 5550,Staff\nE-2,王小明,Works,2026年3月2日,,\n"
)


def test_people_come_in_with_everything_the_file_says(office, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        task = office.take(Kind.PEOPLE, PEOPLE.encode("gbk"))
    assert (task.state, task.made, task.known, task.rows) == ("done", 2, 0, 2)
    assert names(office) == {("E-1", "Lin Moss"), ("E-2", "王小明")}
    by_number = {one.brief.number: one.person for one in looks.briefs(list(Person.objects.all()), office.hr.authority)}
    facts = looks.facts(by_number["E-1"], office.hr.authority)
    assert (facts.file.department, facts.file.hired, facts.contact.phone) == ("Works", date(2026, 3, 2), "+86 10 5550")
    assert Membership.objects.filter(person=by_number["E-1"]).count() == 1
    assert str(by_number["E-2"].pk) in keeping.find("王小明", office.hr.authority.ticket, 25)  # others have that name


def test_nothing_of_a_file_is_left_when_it_was_taken_in(office):
    task = office.take(Kind.PEOPLE, PEOPLE + ",Nobody\n")
    assert task.head_cell is None
    assert list(ImportRow.objects.filter(task=task).values_list("number", "flaw", "field", "cell")) == [
        (4, "empty", "number", None)
    ]


def test_rows_of_a_file_lie_sealed_until_then(office):
    task = office.checked(Kind.PEOPLE, PEOPLE)
    cells = [bytes(cell) for cell in ImportRow.objects.values_list("cell", flat=True)] + [bytes(task.head_cell)]
    assert len(cells) == 3
    assert not any(b"Moss" in cell or "姓名".encode() in cell for cell in cells)


def test_the_same_file_twice_is_noticed_and_brings_nothing(office):
    first = office.take(Kind.PEOPLE, PEOPLE)
    again = office.bring(Kind.PEOPLE, PEOPLE.encode("utf-16"))
    assert isinstance(again, reading.SameFile)
    assert again.held == first
    assert (Import.objects.count(), Person.objects.count()) == (1, 2)


def test_people_who_are_there_are_left_as_they_are(office):
    office.world.hire("E-1", "Ada Byron")
    task = office.take(Kind.PEOPLE, PEOPLE)
    assert (task.made, task.known) == (1, 1)
    assert ("E-1", "Ada Byron") in names(office)


def test_what_is_wrong_is_said_row_by_row(office):
    text = (
        "number;name;hired;email;groups\n"
        "A-1;Ada Byron;03/04/2026;;\n"
        "A-2;;2026-03-04;;\n"
        "A 3;Carl Gauss;;;\n"
        "A-4;Emmy Noether;2026-02-30;;\n"
        "A-5;Max Born;;nobody;\n"
        "A-6;Lise Meitner;;;Guests\n"
        "A-7;Otto Hahn;;;staff\n"
        "a-7;Otto Hahn;;;\n"
    )
    task = office.checked(Kind.PEOPLE, text)
    assert list(queries.flawed(task).values_list("number", "field", "flaw")) == [
        (2, "hired", "date_of_two"),
        (3, "name", "empty"),
        (4, "number", "space"),
        (5, "hired", "no_date"),
        (6, "mail", "no_mail"),
        (7, "groups", "unknown_group"),
        (9, "number", "twice"),
    ]
    assert queries.waiting(task).count() == 1


def test_an_import_of_people_is_undone_keys_and_all_but_for_who_is_used(office):
    task = office.take(Kind.PEOPLE, PEOPLE)
    by_number = {one.brief.number: one.person for one in looks.briefs(list(Person.objects.all()), office.hr.authority)}
    gone, used = by_number["E-1"], by_number["E-2"]
    plan(used, office.pattern, [office.today], by=SETUP, at=office.at)
    assert office.undo(task) is None
    assert (task.state, task.kept) == ("undone", 1)
    assert list(Person.objects.all()) == [used]
    cells = [keeping.cell("person.name/1", gone.pk, gone.name_cell)]
    assert keeping.reveal(cells, office.hr.authority, "test") == [None]
    # A file that was taken back may come again
    again = office.take(Kind.PEOPLE, PEOPLE)
    assert (again.made, again.known) == (1, 1)


def test_people_stay_while_punches_of_a_later_import_may_be_theirs(office):
    people = office.take(Kind.PEOPLE, PEOPLE)
    punches = office.take(Kind.PUNCHES, f"number,time,log_type\nE-1,{office.day} 09:00,IN\n")
    assert office.undo(people) is undoing.No.PUNCHES_STAND
    assert Person.objects.count() == 2
    assert office.undo(punches) is None
    assert office.undo(people) is None
    assert Person.objects.count() == 0


def test_a_kill_in_the_middle_leaves_whole_batches_and_the_next_look_goes_on(office, monkeypatch):
    lines = "".join(f"K-{n},Name {n}\n" for n in range(25))
    task = office.checked(Kind.PEOPLE, "number,name\n" + lines)
    running.start(task, by=office.hr, at=office.at)
    assert running.take_some(task, at=office.at, batch=10) == 10

    def power_fails(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(running, "_count", power_fails)  # the last write of a batch
        with pytest.raises(KeyboardInterrupt):
            running.take_some(task, at=office.at, batch=10)
    assert (Person.objects.count(), Made.objects.count(), ImportRow.objects.count()) == (10, 10, 15)
    office.carry_on(task)
    assert (task.state, task.made, task.known) == ("done", 25, 0)
    assert len(names(office)) == 25


def test_two_processes_take_a_row_in_once(office, monkeypatch):
    task = office.checked(Kind.PEOPLE, PEOPLE)
    running.start(task, by=office.hr, at=office.at)
    overtake(monkeypatch, running.hiring, "sealed_people", lambda: running.take_some(task, at=office.at))
    running.take_some(task, at=office.at)
    task.refresh_from_db()
    assert (Person.objects.count(), task.made) == (2, 2)


# --- shifts ---


def test_shifts_come_in_and_go_again_with_the_days_they_made(office):
    person = office.world.hire("S-1")
    plan(office.world.hire("S-2"), office.pattern, [office.day], by=SETUP, at=office.at)
    text = (
        "Employee,Shift Type,Start Date,End Date\n"
        f"S-1,Day shift,{office.day},{office.today + DAY}\nS-2,day,{office.day},\n"
    )
    task = office.take(Kind.SHIFTS, text)
    assert (task.made, task.known) == (1, 1)
    assert PlannedShift.objects.filter(person=person).count() == 3
    assert office.worked(person) == [0]  # absent: counted anew as soon as the plan came
    assert office.undo(task) is None
    assert PlannedShift.objects.count() == 1
    assert Workday.objects.filter(person=person).count() == 0


def test_shifts_of_nobody_and_of_leavers_are_said(office):
    leave(office.world.hire("S-1"), None, by=office.hr, at=office.at)
    text = f"number,date,shift\nS-1,{office.day},day\nS-9,{office.day},day\nS-1,{office.day},night\n"
    task = office.checked(Kind.SHIFTS, text)
    assert list(queries.flawed(task).values_list("flaw", flat=True)) == ["left", "unknown_person", "left"]


# --- punches ---


def _day(office, number="S-1", day=None):
    day = day or office.day
    return f"number,time,direction\n{number},{day} 08:55,上班\n{number},{day} 18:05:30,下班\n"


def test_punches_become_a_workday_and_voided_ones_do_not(office):
    person = office.world.hire("S-1")
    plan(person, office.pattern, [office.day], by=SETUP, at=office.at)
    task = office.take(Kind.PUNCHES, _day(office))
    assert (task.made, task.state) == (2, "done")
    assert [p.source for p in Punch.objects.all()] == [1, 1]
    assert office.worked(person) == [480]
    assert office.undo(task) is None
    assert Punch.objects.count() == 2
    assert office.worked(person) == [0]
    again = office.take(Kind.PUNCHES, _day(office))
    assert (again.number, again.made, Punch.objects.count()) == (2, 2, 4)
    assert office.worked(person) == [480]


def test_a_punch_that_two_files_tell_of_comes_in_once(office):
    office.world.hire("S-1")
    office.take(Kind.PUNCHES, _day(office))
    more = office.take(Kind.PUNCHES, _day(office) + f"S-1,{office.day} 12:00,out\n")
    assert (more.made, more.known, Punch.objects.count()) == (1, 2, 3)


def test_no_row_tells_whose_an_imported_punch_is(office):
    first, second = office.world.hire("S-1"), office.world.hire("S-2")
    two = office.day - DAY
    lines = [f"{n},{day} 09:0{m},in\n" for n in ("S-2", "S-1") for m, day in enumerate((two, office.day))]
    task = office.take(Kind.PUNCHES, "number,time,direction\n" + "".join(lines))
    rows = list(Punch.objects.order_by("at"))
    assert len({bytes(row.token) for row in rows}) == 4
    assert not Made.objects.filter(task=task).exists()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM attendance_punch ORDER BY rowid")
        written = [row[0] for row in cursor.fetchall()]
    assert written == sorted(written)
    names_of = keeping.who(office.site.pk, office.day, [bytes(r.token) for r in rows[2:]], office.hr.authority)
    assert set(names_of) == {str(first.pk), str(second.pk)}


def test_times_that_cannot_be_are_left_out(office):
    office.world.hire("S-1")
    future, old = office.today + DAY, office.today - 40 * DAY
    rows = (f"{future} 09:00,in", f"{old} 09:00,in", f"{office.day} 25:00,in", f"{office.day} 09:00,up")
    text = "number,time,direction\n" + "".join(f"S-1,{row}\n" for row in rows)
    task = office.checked(Kind.PUNCHES, text)
    assert list(queries.flawed(task).values_list("flaw", flat=True)) == [
        "in_future",
        "too_old",
        "no_time",
        "no_direction",
    ]


def test_a_date_whose_key_is_destroyed_takes_no_punch(office):
    person = office.world.hire("S-1")
    old = office.today - 10 * DAY
    owner = office.world.operator(Role.OWNER)
    assert not isinstance(keeping.tokens(office.site.pk, old, [person.pk], owner.authority), Refused)
    from gatehouse.keeper.protocol import ForgetDays, Tombstones

    keeping.must(ForgetDays(site=str(office.site.pk), before=office.today - 9 * DAY, by=owner.authority), Tombstones)
    text = f"number,time,direction\nS-1,{old} 09:00,in\nS-1,{office.day} 09:00,in\n"
    task = office.take(Kind.PUNCHES, text)
    assert (task.made, task.state) == (1, "done")
    assert list(ImportRow.objects.values_list("flaw", flat=True)) == ["day_destroyed"]


def test_a_worker_with_security_rights_cannot_be_asked_for_more_people_than_the_keeper_allows(office, monkeypatch):
    """A guard may ask about 60 people an hour: the rest of the file waits, and nothing is lost or doubled."""
    people = [office.world.hire(f"S-{n}") for n in range(65)]
    text = "number,time,direction\n" + "".join(f"S-{n},{office.day} 09:00,in\n" for n in range(len(people)))
    task = office.checked(Kind.PUNCHES, text)
    running.start(task, by=office.hr, at=office.at)
    guard = office.world.operator(Role.SECURITY)
    monkeypatch.setattr(running, "ASKED_AT_ONCE", 30)
    answer = running.take_punches(task, by=guard, at=office.at)
    assert isinstance(answer, Refused)
    assert answer.code == "over_budget"
    assert (Punch.objects.count(), task.made, task.state) == (60, 60, "running")
    assert running.take_punches(task, by=office.hr, at=office.at) is None
    task.refresh_from_db()
    assert (Punch.objects.count(), task.made, task.state) == (65, 65, "done")


def test_the_jobs_take_people_in_and_throw_away_what_lies_about(office):
    task = office.checked(Kind.PEOPLE, PEOPLE)
    left = office.bring(Kind.PEOPLE, "number,name\nX-1,Nobody\n")
    running.start(task, by=office.hr, at=office.at)
    jobs.run_due(office.at)
    assert Person.objects.count() == 2
    office.world.clock.advance(timedelta(days=9))
    jobs.run_due(office.at)
    assert not Import.objects.filter(pk=left.pk).exists()
    assert Import.objects.filter(pk=task.pk).exists()


def test_every_step_of_an_import_is_in_the_log(office):
    office.undo(office.take(Kind.PEOPLE, PEOPLE))
    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    wanted = [
        "import.brought",
        "import.checked",
        "import.started",
        "person.hired",
        "import.done",
        "import.undone",
        "person.unhired",
    ]
    assert [verb for verb in dict.fromkeys(verbs) if verb in wanted] == wanted
