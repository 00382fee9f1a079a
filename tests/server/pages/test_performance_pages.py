"""Performance on pages: the person first, the contest beside the figure, and nothing of another site's or person's."""

import html
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from tests.server.performance_world import came, hire, month_before_last, today, write
from tests.server.world import SETUP, ZONE

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Measure
from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.attendance.models import NoteState, WorkNote
from gatehouse.server.people.actions import add_site
from gatehouse.server.people.models import SiteType
from gatehouse.server.performance import actions, queries, sheets
from gatehouse.server.performance.models import Contest, ContestState, FiguresSetup, Goal, MonthSeen, Review

ALONE = "Figures of this month are the person"


class Office:
    def __init__(self, house):
        self.house, self.world, self.person = house, house.world, house.person
        self.day = today(self.world) - DAY
        self.month = Month.of(self.day)
        write(self.world, self.person, came(self.day, late=11))

    def hr(self, name, *args, **form):
        return _said(self.house.browser(Role.HR).post(reverse(name, args=args), form, follow=True))

    def mine(self, name, *args, **form):
        return _said(self.house.browser(Role.WORKER).post(reverse(name, args=args), form, follow=True))

    def me(self):
        return _said(self.house.browser(Role.WORKER).get("/me/"))

    def figures(self):
        return self.hr("performance-person", self.person.pk, self.month)

    def contest(self):
        self.mine("me-contest", day=self.day.isoformat(), text="The reader was dark.")
        return Contest.objects.get()


def _said(answer):
    assert answer.status_code < 500
    return html.unescape(answer.content.decode())


@pytest.fixture
def office(house):
    return Office(house)


def test_hr_sees_no_figure_of_a_month_before_its_person_has(office):
    assert "0:11" in office.me()
    page = office.figures()
    assert ALONE in page
    assert "0:11" not in page
    month = office.hr("month-person", office.month, office.person.pk)
    assert ALONE in month
    assert "Punctuality" not in month
    assert "HR sees the figures of this month now" in office.mine("me-seen", month=str(office.month))
    assert ALONE not in office.figures()
    assert "0:11" in office.figures()
    assert "Punctuality" in office.hr("month-person", office.month, office.person.pk)


def test_a_month_that_is_long_over_can_be_opened_though_nobody_said_anything(office):
    old = month_before_last(office.world)
    write(office.world, office.person, came(old.first + DAY, late=17))
    assert "0:17" in office.hr("performance-person", office.person.pk, old)
    assert "can be opened" in _said(office.house.browser(Role.HR).get(reverse("performance-of", args=[old])))
    alone = _said(office.house.browser(Role.HR).get(reverse("performance-of", args=[office.month])))
    assert "the person's alone until" in alone


def test_a_trend_holds_no_month_that_is_the_persons_alone(office):
    old = month_before_last(office.world)
    write(office.world, office.person, came(old.first + DAY, late=17))
    write(office.world, office.person, came((old.first - DAY).replace(day=3), late=19))
    page = office.figures()
    assert "0:17" in page
    assert "0:19" in page
    assert "0:11" not in page
    assert "<table>" in page


def test_opening_is_a_click_and_the_person_sees_it(office):
    page = office.house.browser(Role.HR).get(reverse("performance-person", args=[office.person.pk, office.month]))
    assert "All of it is sealed" in _said(page)
    office.figures()
    assert "looked at your figures, goals or reviews" in office.me()


def test_a_contested_day_stands_beside_every_figure_wherever_it_is_shown(office):
    assert "It stays beside the figure" in office.mine("me-contest", day=office.day.isoformat(), text="Dark.")
    actions.say_seen(office.person, office.month, by=SETUP, at=office.world.now())
    for page in (office.me(), office.figures()):
        assert page.count("contested") >= len(Measure)
        assert "waits for an answer" in page
    assert "contested" in office.hr("month-person", office.month, office.person.pk)
    office.mine("me-contest-withdraw", Contest.objects.get().pk)
    for page in (office.me(), office.figures()):
        assert "withdrawn" in page
        assert "Dark." in page


def test_hr_answers_and_both_read_the_thread(office):
    row = office.contest()
    listed = _said(office.house.browser(Role.HR).get(reverse("performance-contests")))
    assert "S-104" in listed
    assert "1 waits for an answer" in listed
    assert "reader" not in listed
    closed = _said(office.house.browser(Role.HR).get(reverse("performance-contest", args=[row.pk])))
    assert "reader" not in closed
    opened = office.hr("performance-contest", row.pk, do="read")
    for said in ("The reader was dark.", "late 0:11", "They are right"):
        assert said in opened, said
    assert "Answered." in office.hr("performance-contest", row.pk, do="stands", text="It was on all day.")
    assert "It was on all day." in office.me()
    assert "test-hr" in office.me()
    assert "The other side writes next." in office.hr("performance-contest", row.pk, do="ask", text="Well?")
    assert "Sent." in office.mine("me-contest-say", row.pk, text="At 9, too?")
    assert "At 9, too?" in office.hr("performance-contest", row.pk, do="read")


def test_a_granted_contest_lays_a_correction_over_the_day(office):
    row = office.contest()
    assert "Say when the person came or left" in office.hr("performance-contest", row.pk, do="grant", text="Yes.")
    assert "Write times such as" in office.hr("performance-contest", row.pk, do="grant", text="Yes.", came="nine")
    done = office.hr("performance-contest", row.pk, do="grant", text="You are right.", came="08:58", left="18:01")
    assert "Corrected." in done
    assert set(WorkNote.objects.values_list("state", flat=True)) == {NoteState.APPROVED}
    assert WorkNote.objects.count() == 2
    again = office.hr("performance-contest", row.pk, do="grant", text="You are right.", came="08:58")
    assert "The other side writes next." in again
    assert WorkNote.objects.count() == 2
    assert "The person is right: the day was corrected." in office.me()


def test_a_granted_figure_names_the_day_that_is_corrected(office):
    form = {"month": str(office.month), "measure": "late_minutes", "text": "I was not late."}
    office.mine("me-contest", **form)
    row = Contest.objects.get()
    grant = {"do": "grant", "text": "Yes.", "came": "08:58"}
    outside = (office.month.first - DAY).isoformat()
    assert "Choose a date of the contested month" in office.hr("performance-contest", row.pk, date=outside, **grant)
    assert "choose a date" in office.hr("performance-contest", row.pk, date="soon", **grant)
    assert "Corrected." in office.hr("performance-contest", row.pk, date=office.day.isoformat(), **grant)


@pytest.mark.parametrize(
    "form",
    [
        {"day": "", "text": "x"}, {"day": "9999-12-31", "text": "x"}, {"day": "yesterday", "text": "x"},
        {"month": "2026-13", "measure": "punctuality", "text": "x"}, {"month": "0001-01", "measure": "punctuality"},
        {"month": "", "measure": "", "text": "x"}, {"measure": "net_minor", "month": "2026-01", "text": "x"}, {},
    ],
)  # fmt: skip
def test_garbage_contests_nothing_and_is_answered(office, form):
    assert 'role="status"' in office.mine("me-contest", **form)
    assert Contest.objects.count() == 0


def test_nothing_is_contested_without_words_or_in_too_many(office):
    day = office.day.isoformat()
    assert "Write something first." in office.mine("me-contest", day=day, text=" ")
    assert "at most 1000 characters" in office.mine("me-contest", day=day, text="x" * 100_000)
    assert Contest.objects.count() == 0


@pytest.mark.parametrize("month", ["", "2026-13", "9999-01", "2199-12", "٢٠٢٦-٠١", "2026-01-01"])
def test_garbage_is_no_month_to_have_seen(office, month):
    office.mine("me-seen", month=month)
    assert MonthSeen.objects.count() == 0


def test_a_goal_is_written_by_either_and_seen_by_both(office):
    until = (today(office.world) + 20 * DAY).isoformat()
    assert "Saved." in office.hr(
        "performance-person", office.person.pk, office.month, do="goal", what="Lathe", until=until
    )
    assert "Your goal is written down." in office.mine("me-goal", what="Crane licence", until=until)
    for page in (office.me(), office.figures()):
        assert "Lathe" in page
        assert "Crane licence" in page
    goal = Goal.objects.first()
    page = office.hr("performance-person", office.person.pk, office.month, do="goal-state", goal=goal.pk, state="met")
    assert "Saved." in page
    assert "reached" in office.me()
    listed = office.hr("performance-goals")
    assert "Lathe" in listed
    assert "Lathe" not in _said(office.house.browser(Role.HR).get(reverse("performance-goals")))


def test_what_is_typed_wrongly_is_said_and_kept(office):
    said = office.hr("performance-person", office.person.pk, office.month, do="goal", what="Lathe", until="soon")
    assert "Until: choose a date." in said
    assert ">Lathe</textarea>" in said
    form = {"do": "review", "since": "2026-01-02", "ended": "2026-01-01", "text": "Good."}
    assert "in order" in office.hr("performance-person", office.person.pk, office.month, **form)
    assert Review.objects.count() == 0
    assert Goal.objects.count() == 0


def test_a_review_is_read_and_replied_to_by_its_person(office):
    form = {"do": "review", "since": "2026-01-01", "ended": office.day.isoformat(), "text": "Careful work."}
    assert "Saved." in office.hr("performance-person", office.person.pk, office.month, **form)
    row = Review.objects.get()
    assert "Careful work." in office.me()
    assert "beside the review" in office.mine("me-review-reply", row.pk, text="I liked it.")
    assert "already" in office.mine("me-review-reply", row.pk, text="I did not.")
    page = office.figures()
    assert "I liked it." in page
    assert "I did not." not in page


def test_teams_are_shown_without_the_small_ones(office):
    old = month_before_last(office.world)
    for size, department in ((7, "Mill"), (5, "Yard"), (2, "Office")):
        for n in range(size):
            write(office.world, hire(office.world, f"{department}-{n}", department), came(old.first + DAY, late=5 * n))
    address = reverse("performance-teams-of", args=[office.world.site.pk, old])
    assert "are written after" in _said(office.house.browser(Role.HR).get(address))
    sheets.write_due_sheets(office.world.site, at=office.world.now())
    page = _said(office.house.browser(Role.HR).get(address))
    assert "Mill" in page
    assert "not shown" in page
    assert "0:15" in page
    team = reverse("performance-team", args=[office.world.site.pk, old, 1])
    assert "Mill" in _said(office.house.browser(Role.HR).get(team))
    assert (
        office.house.browser(Role.HR).get(reverse("performance-team", args=[office.world.site.pk, old, 9])).status_code
        == 404
    )


def test_the_days_are_set_and_garbage_is_not(office):
    args = (office.world.site.pk, office.month)
    assert "Saved." in office.hr("performance-days", *args, days="9")
    for odd in ("", "-1", "99", "²", "9" * 400, "x"):
        assert "Write a number of days from 0 to 31." in office.hr("performance-days", *args, days=odd)
    assert FiguresSetup.objects.get().days_first == 9


# --- other people and other sites ---


@pytest.fixture
def elsewhere(office):
    """HR of another site, and somebody there."""
    at = office.world.now()
    site = add_site("else", "Elsewhere", SiteType.WORKPLACE, zone=ZONE, currency="CNY", by=SETUP, at=at)
    operator = add_operator("else-hr", Role.HR, sites=[site.pk], by=SETUP, at=at)
    token = sign_in(office.world.keeper.invite(str(operator.pk), Role.HR, office.house._owner())).token
    browser = office.house.browser()
    browser.cookies[COOKIE] = token
    return browser


def test_hr_of_another_site_sees_and_changes_nothing(office, elsewhere):
    row = office.contest()
    goal = actions.add_goal(office.person, "Lathe", today(office.world), by=SETUP, at=office.world.now())
    month, site = office.month, office.world.site.pk
    for name, args, form in (
        ("performance-person", [office.person.pk, month], {"do": "goal", "what": "x", "until": "2199-01-01"}),
        ("performance-contest", [row.pk], {"do": "stands", "text": "No."}),
        ("performance-days", [site, month], {"days": "1"}),
        ("performance-teams-of", [site, month], {}),
        ("performance-team", [site, month, 1], {}),
    ):
        for answer in (elsewhere.get(reverse(name, args=args)), elsewhere.post(reverse(name, args=args), form)):
            assert answer.status_code in (404, 405), name
    for name, args in (("performance-of", [month]), ("performance-contests", []), ("performance-goals", [])):
        page = _said(elsewhere.get(reverse(name, args=args)))
        assert "S-104" not in page
        assert str(office.person.pk) not in page
    row.refresh_from_db()
    assert row.state == ContestState.OPEN
    assert list(Goal.objects.all()) == [goal]
    assert not FiguresSetup.objects.exists()


def test_a_goal_of_one_person_is_not_changed_under_another(office):
    other = hire(office.world, "S-2")
    goal = actions.add_goal(other, "Theirs", today(office.world), by=SETUP, at=office.world.now())
    address = reverse("performance-person", args=[office.person.pk, office.month])
    for odd in (str(goal.pk), str(uuid4()), "x", ""):
        form = {"do": "goal-state", "goal": odd, "state": "met"}
        assert office.house.browser(Role.HR).post(address, form).status_code == 404


def test_a_worker_reaches_nobody_elses_contest_or_review(office):
    other = hire(office.world, "S-2")
    at = office.world.now()
    review = actions.add_review(other, "Theirs", office.day, office.day, by=SETUP, at=at)
    theirs = Contest.objects.create(person=other, cell=b"")
    browser = office.house.browser(Role.WORKER)
    for name, pk in (("me-contest-say", theirs.pk), ("me-contest-withdraw", theirs.pk), ("me-review-reply", review.pk)):
        assert browser.post(reverse(name, args=[pk]), {"text": "x"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == ContestState.OPEN
    assert queries.months_said_seen(other) == set()


def test_repeats_leave_one(office):
    for _n in range(3):
        office.mine("me-contest", day=office.day.isoformat(), text="Dark.")
        office.mine("me-seen", month=str(office.month))
    assert (Contest.objects.count(), MonthSeen.objects.count()) == (1, 1)


def test_a_day_of_long_ago_is_contested_too_late(office):
    old = today(office.world) - timedelta(days=401)
    write(office.world, office.person, came(old))
    assert "last 400 days" in office.mine("me-contest", day=old.isoformat(), text="Dark.")
