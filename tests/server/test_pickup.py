"""Pupils and those who collect them on the server: hand-overs, refusals, and guardians who are told at the bell."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from tests.mailbox import Mailbox
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import DAY, at_local, local_date
from gatehouse.domain.pickup import No, Word
from gatehouse.domain.registers import Mark, Session, SessionPlan, Status
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import bus, keeping
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance import register_actions, register_looks
from gatehouse.server.attendance.register_looks import Asked
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.interchange import mailing
from gatehouse.server.mail import actions as mail
from gatehouse.server.mail.cells import ServerFacts
from gatehouse.server.mail.models import Message
from gatehouse.server.people.actions import Facts, add_group, add_site, hire_person, leave
from gatehouse.server.people.models import Site, SiteType
from gatehouse.server.pickup import actions, looks, notices, queries
from gatehouse.server.pickup.actions import NewCollector, NotWritten
from gatehouse.server.pickup.cells import KEPT, MOST_PERMISSIONS, PermissionFacts
from gatehouse.server.pickup.models import AbsenceNotice, AbsenceRound, Collector, PickupBook

CN = ZoneInfo(ZONE)
PLAN = SessionPlan(
    (
        Session("morning", time(8), time(8, 10), time(8, 30), time(11, 30), time(11, 40)),
        Session("afternoon", time(13, 30), time(13, 40), time(14), time(16), time(16, 10)),
    )
)


class School:
    """The world's site as a school: one class with two sisters and a boy, a mother, and an aunt."""

    def __init__(self, world) -> None:
        self.world, self.site = world, world.site
        Site.objects.filter(pk=self.site.pk).update(type=SiteType.SCHOOL)
        self.site.refresh_from_db()
        while not work.calendar(self.site).is_workday(local_date(world.now(), CN)):
            world.clock.advance(DAY)
        at = world.now()
        self.day = local_date(at, CN)
        group = add_group(self.site, "Class 3b", by=SETUP, at=at)
        names = ("Ada Moss", "Bea Moss", "Cid Elm")
        self.ada, self.bea, self.cid = (self._pupil(n, name, group) for n, name in enumerate(names))
        plan = register_actions.set_plan(self.site, "day", PLAN, by=SETUP, at=at)
        self.of = register_actions.set_class(group, plan, None, by=SETUP, at=at)
        actions.set_up(self.site, tells=True, grace_min=10, by=SETUP, at=at)
        self.office = world.operator(Role.HR)
        self.mother = self.collector("G-1", "Dana Moss", "dana@example.org")
        self.aunt = self.collector("G-2", "Ella Moss")
        bus.hear(world.edge.pk)

    def _pupil(self, n: int, name: str, group):
        return hire_person(self.site, Facts(number=f"P-{n}", name=name), groups=[group], by=SETUP, at=self.world.now())

    def collector(self, number: str, name: str, address: str = "") -> Collector:
        new = NewCollector(number, name, address)
        return actions.add_collector(self.site, new, by=self.office, at=self.world.now())

    def permit(self, pupil, collector, **facts) -> None:
        said = PermissionFacts(str(collector.pk), **facts)
        actions.permit(pupil, collector, said, by=self.office, at=self.world.now())

    def hand(self, collector, *pupils, act="a-1", at=None, by=None):
        return actions.hand_over(collector, pupils, act, by=by or self.office, at=at or self.world.now())

    def book(self, pupil):
        found = looks.books([pupil], self.office.authority, "pickup.page")
        assert not isinstance(found, Refused)
        return found[pupil.pk][0]

    def at(self, clock: str) -> datetime:
        return at_local(self.day, time.fromisoformat(clock), CN)

    def comes(self, pupil, clock: str) -> None:
        self.world.tell(self.world.passage(subject=str(pupil.pk), at=self.at(clock)))

    def morning(self, pupil):
        asked = Asked(self.site, PLAN, [self.ada, self.bea, self.cid], [self.day], self.at("12:00"))
        found = register_looks.register(asked, self.office.authority, "register.page")
        assert not isinstance(found, Refused)
        return found.entries[pupil.pk][self.day][0]


@pytest.fixture
def school(world) -> School:
    return School(world)


# --- hand-overs ---


def test_a_guardian_takes_both_sisters_in_one_step(school):
    for pupil in (school.ada, school.bea):
        school.permit(pupil, school.mother, relation="mother")
    school.mother.refresh_from_db()
    assert set(looks.children(school.mother, school.office.authority, "pickup.desk")) == {
        str(school.ada.pk), str(school.bea.pk),
    }  # fmt: skip
    handed = school.hand(school.mother, school.ada, school.bea)
    assert handed.answers == {school.ada.pk: None, school.bea.pk: None}
    for pupil in (school.ada, school.bea):
        (event,) = school.book(pupil).events
        assert (event.collector, event.by, event.why) == (str(school.mother.pk), school.office.actor, "")
    assert Entry.objects.filter(verb="pupil.handed_over").count() == 2
    assert not GateAlarm.objects.exists()


def test_a_form_that_is_sent_twice_hands_over_once(school):
    school.permit(school.ada, school.mother)
    for _ in range(3):
        assert school.hand(school.mother, school.ada).answers == {school.ada.pk: None}
    assert len(school.book(school.ada).events) == 1
    school.hand(school.mother, school.ada, act="a-2")
    assert len(school.book(school.ada).events) == 2


def test_who_may_not_is_refused_written_down_and_the_office_is_alarmed(school):
    school.permit(school.ada, school.mother)
    school.permit(school.bea, school.mother)
    school.permit(school.bea, school.mother, word=Word.MUST_NOT.value)
    handed = school.hand(school.mother, school.ada, school.bea, school.cid)
    assert handed.answers == {school.ada.pk: None, school.bea.pk: No.MUST_NOT, school.cid.pk: No.NOT_LISTED}
    assert [one.why for one in school.book(school.bea).events] == ["must_not"]
    assert [alarm.kind for alarm in GateAlarm.objects.all()] == ["pickup_refused"]
    school.hand(school.mother, school.ada, school.bea, school.cid)  # the same form again
    assert GateAlarm.objects.count() == 1
    assert len(school.book(school.bea).events) == 1


def test_the_aunt_may_today_and_not_tomorrow(school):
    today = local_date(school.world.now(), CN)
    school.permit(school.ada, school.aunt, since=today, until=today)
    assert school.hand(school.aunt, school.ada).answers[school.ada.pk] is None
    late = at_local(today + DAY, time(0), CN)
    assert school.hand(school.aunt, school.ada, act="a-2", at=late).answers[school.ada.pk] is No.OVER


def test_somebody_unknown_is_refused_with_a_few_words(school):
    for _ in range(2):
        said = actions.refuse_unknown(school.ada, "a man in a red coat", "a-9", by=school.office, at=school.world.now())
        assert said is None
    (event,) = school.book(school.ada).events
    assert (event.collector, event.why, event.text) == ("", "not_listed", "a man in a red coat")
    assert GateAlarm.objects.count() == 1


def test_a_collector_who_left_collects_nobody(school):
    school.permit(school.ada, school.mother)
    leave(school.mother.person, None, by=school.world.operator(Role.OWNER), at=school.world.now())
    assert queries.collector(school.mother.pk, [school.site]) is None


def test_a_word_that_is_taken_back_holds_no_more(school):
    school.permit(school.ada, school.mother)
    actions.forbid(school.ada, 0, by=school.office, at=school.world.now())
    assert school.hand(school.mother, school.ada).answers[school.ada.pk] is No.NOT_LISTED
    with pytest.raises(NotWritten, match="overtaken"):
        actions.forbid(school.ada, 5, by=school.office, at=school.world.now())


def test_a_book_that_was_written_meanwhile_is_not_overwritten(school, monkeypatch):
    school.permit(school.ada, school.mother)
    inner = looks.books

    def read_and_be_overtaken(*args):
        found = inner(*args)
        monkeypatch.setattr(looks, "books", inner)
        school.permit(school.ada, school.aunt, word=Word.MUST_NOT.value)
        return found

    monkeypatch.setattr(looks, "books", read_and_be_overtaken)
    with pytest.raises(NotWritten, match="overtaken"):
        school.hand(school.mother, school.ada)
    assert school.book(school.ada).events == []
    assert len(school.book(school.ada).permissions) == 2


def test_books_hold_so_much_and_are_of_one_size(school):
    for n in range(MOST_PERMISSIONS):
        since = date(2026, 1, n + 1)
        school.permit(school.ada, school.mother, relation="x" * 30, opens=time(8), closes=time(9), since=since)
    with pytest.raises(NotWritten, match="too_many_permissions"):
        school.permit(school.ada, school.mother)
    for _ in range(KEPT + 3):
        actions.refuse_unknown(school.ada, "木" * 80, uuid4().hex, by=school.office, at=school.world.now())
    assert len(school.book(school.ada).events) == KEPT
    school.permit(school.bea, school.mother)
    assert len({len(row.cell) for row in PickupBook.objects.all()}) == 1


def test_nobody_of_another_school_is_permitted(school):
    at = school.world.now()
    other = add_site("other", "Other", SiteType.SCHOOL, zone=ZONE, currency="CNY", by=SETUP, at=at)
    stranger = hire_person(other, Facts(number="X-1", name="Xi Yu"), by=SETUP, at=at)
    with pytest.raises(NotWritten, match="not_here"):
        school.permit(stranger, school.mother)
    with pytest.raises(NotWritten, match="not_here"):  # no pick-up there yet
        actions.add_collector(other, NewCollector("G-9", "Yu"), by=school.office, at=at)


def test_a_guard_reads_books_and_no_guardians_address(school):
    school.permit(school.ada, school.mother)
    guard = school.world.operator(Role.SECURITY)
    assert not isinstance(looks.books([school.ada], guard.authority, "pickup.desk"), Refused)
    school.mother.refresh_from_db()
    address = keeping.cell("guardian.mail/1", school.mother.pk, school.mother.mail_cell)
    assert isinstance(keeping.reveal([address], guard.authority, "pickup.desk"), Refused)
    for role in (Role.PARKING, Role.AUDITOR):
        assert isinstance(looks.books([school.ada], school.world.operator(role).authority, "x"), Refused)


# --- at the bell ---


@pytest.fixture
def box(school, settings):
    settings.PUBLIC_URL = "https://school.example"
    with Mailbox() as made:
        facts = ServerFacts("127.0.0.1", made.port, security="none", sender="school@example.org")
        mail.set_server(facts, by=school.world.operator(Role.OWNER), at=school.world.now())
        school.permit(school.ada, school.mother, relation="mother", told=True)
        school.permit(school.bea, school.mother, relation="mother", told=True)
        yield made


def deliver(school) -> int:
    return mailing.deliver_due(school.at("23:00"))


def test_a_guardian_is_told_once_of_whoever_did_not_come(school, box):
    school.comes(school.bea, "07:55")
    assert notices.look(school.at("08:09")) == 0
    assert notices.look(school.at("08:10")) == 2  # Ada, and Cid of whom nobody can be told
    assert notices.look(school.at("08:11")) == 0
    assert sorted(row.state for row in AbsenceNotice.objects.all()) == ["nobody", "told"]
    assert deliver(school) == 1
    (sent,) = box.mails
    assert sent["To"] == "dana@example.org"
    text = sent.get_content()
    assert "Class 3b" in text
    assert "08:00" in text
    assert not any(word in text + sent["Subject"] for word in ("Ada", "Moss", "P-0"))
    assert deliver(school) == 0


def test_sisters_are_two_mails_and_a_second_bell_tells_again(school, box):
    notices.look(school.at("08:15"))
    assert deliver(school) == 2
    notices.look(school.at("13:45"))
    assert deliver(school) == 2
    assert len({one["Message-ID"] for one in box.mails}) == 4


def test_nobody_is_missed_while_a_gate_computer_is_not_heard(school, box):
    bus.clear()
    assert notices.look(school.at("08:15")) == 0
    assert not AbsenceRound.objects.exists()
    bus.hear(school.world.edge.pk)
    assert notices.look(school.at("08:16")) == 3


def test_no_notices_without_school_or_without_the_setting(school, box):
    sunday = school.day
    while sunday.weekday() != 6:
        sunday += DAY
    assert notices.look(at_local(sunday, time(8, 15), CN)) == 0
    actions.set_up(school.site, tells=False, grace_min=10, by=SETUP, at=school.world.now())
    assert notices.look(school.at("08:15")) == 0


def test_whoever_is_excused_already_is_not_missed(school, box):
    mark = Mark("morning", Status.EXCUSED, "sickness", by="x", at=school.at("07:00"))
    marks = {school.ada.pk: [mark], school.bea.pk: [], school.cid.pk: []}
    register_actions.sign(school.of, school.day, marks, {}, by=school.office, at=school.at("07:00"))
    assert notices.look(school.at("08:15")) == 2
    assert deliver(school) == 1


def test_who_must_not_collect_is_not_told(school, box):
    school.permit(school.ada, school.mother, word=Word.MUST_NOT.value)
    notices.look(school.at("08:15"))
    assert deliver(school) == 1  # of Bea alone


def test_what_dies_in_between_told_nothing_or_all_of_it(school, box, monkeypatch):
    """The transaction is all there is: at every mail that it writes, death leaves nothing, and the next round all."""
    inner = notices.send
    for dies_at in (1, 2):
        count = iter(range(1, 9))

        def send_or_die(*args, at=dies_at, count=count, **more):
            if next(count) == at:
                raise SystemExit("killed")
            return inner(*args, **more)

        monkeypatch.setattr(notices, "send", send_or_die)
        with pytest.raises(SystemExit), transaction.atomic():
            notices.look(school.at("08:15"))
        assert not AbsenceRound.objects.exists()
        assert not AbsenceNotice.objects.exists()
        assert not Message.objects.exists()
    monkeypatch.setattr(notices, "send", inner)
    assert notices.look(school.at("08:16")) == 3
    assert notices.look(school.at("08:17")) == 0
    assert deliver(school) == 2


def test_a_mail_server_that_misbehaves_delays_and_loses_nothing(school, box):
    notices.look(school.at("08:15"))
    box.refuse("RCPT", 451)
    mailing.deliver_due(school.at("08:15"))
    assert box.mails == []
    box.behave()
    mailing.deliver_due(school.at("09:30"))
    assert len(box.mails) == 2


def link_of(box, number=0) -> str:
    text = box.mails[number].get_content()
    return next(word for word in text.split() if "/absent/" in word).rstrip("/").rpartition("/")[2]


def test_the_answer_becomes_an_excuse_in_the_register(school, box):
    school.comes(school.bea, "07:55")
    notices.look(school.at("08:15"))
    deliver(school)
    row = notices.notice_of(link_of(box), school.at("08:20"))
    assert row is not None
    notices.answer(row, "sickness", "fever", at=school.at("08:21"))
    entry = school.morning(school.ada)
    assert (entry.status, entry.reason, entry.marks[0].text, entry.marks[0].source) == (
        Status.EXCUSED, "sickness", "fever", "guardian",
    )  # fmt: skip
    assert not school.morning(school.bea).marks
    row.refresh_from_db()
    assert row.state == "answered"
    with pytest.raises(notices.NotAnswered, match="answered"):
        notices.answer(row, "medical", "", at=school.at("08:22"))
    assert len(school.morning(school.ada).marks) == 1


def test_an_answer_that_comes_after_the_pupil_changes_nothing(school, box):
    notices.look(school.at("08:15"))
    deliver(school)
    by_pupil = {notices.facts_of(row).pupil: row for row in AbsenceNotice.objects.all()}
    school.comes(school.ada, "08:25")
    with pytest.raises(notices.NotAnswered, match="known"):
        notices.answer(by_pupil[str(school.ada.pk)], "sickness", "", at=school.at("08:40"))
    assert not school.morning(school.ada).marks


def test_two_answers_at_once_count_once(school, box):
    notices.look(school.at("08:15"))
    row = next(r for r in AbsenceNotice.objects.all() if notices.facts_of(r).pupil == str(school.ada.pk))
    stale = AbsenceNotice.objects.select_related("site").get(pk=row.pk)
    row = AbsenceNotice.objects.select_related("site").get(pk=row.pk)
    notices.answer(row, "sickness", "", at=school.at("08:20"))
    with pytest.raises(notices.NotAnswered):
        notices.answer(stale, "medical", "", at=school.at("08:20"))
    assert [mark.reason for mark in school.morning(school.ada).marks] == ["sickness"]


def test_a_link_that_nobody_made_or_that_is_over_opens_nothing(school, box):
    notices.look(school.at("08:15"))
    row = AbsenceNotice.objects.select_related("site").first()
    good = notices.code_of(row)
    assert notices.notice_of(good, school.at("08:20")) == row
    other = good[:-1] + ("0" if good[-1] != "0" else "1")
    wrong = ("", "x", "0" * 56, good[:-1], good + "0", other, uuid4().hex + good[32:])
    assert [notices.notice_of(code, school.at("08:20")) for code in wrong] == [None] * len(wrong)
    assert notices.notice_of(good, school.at("08:20") + timedelta(days=3)) == row
    assert notices.notice_of(good, school.at("08:20") + timedelta(days=4)) is None


def test_old_notices_go(school, box):
    notices.look(school.at("08:15"))
    assert notices.sweep(school.at("08:15") + timedelta(days=59)) == 0
    assert notices.sweep(school.at("08:15") + timedelta(days=62)) == 3
    assert not AbsenceRound.objects.exists()
