"""A manager's ticket: the requests of their own team, for the dates that a person entrusted, capped, logged, seen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.keeper.conftest import SITE, TODAY, Desk

from gatehouse.keeper import budget
from gatehouse.keeper.client import KeeperRefused
from gatehouse.keeper.protocol import Authority, CapRole, Cell, Entrust, KeyClass, Refused, Role, Trust
from gatehouse.keeper.rules import TEAM_MOST

Refusal = Callable[[Callable[[], object]], str]
DAY = timedelta(days=1)
TEAM_LABELS = ("person.brief/1", "person.name/1", "work.note/1", "note.answer/1")
SEALED_FROM_THEM = ("contract.terms/1", "person.file/1", "leave.book/1")


def trust(*subjects: str, since: int = 0, until: int | None = None) -> list[Trust]:
    return [Trust(one, TODAY + since * DAY, None if until is None else TODAY + until * DAY) for one in subjects]


@pytest.fixture
def ann(desk: Desk) -> str:
    return desk.person("Ann Example")[0]


def test_a_manager_reads_names_and_requests_of_the_team_and_nothing_else(
    desk: Desk, refusal: Refusal, ann: str
) -> None:
    dan, cleo = desk.person()[0], desk.person()[0]
    by = desk.worker(dan)
    cells = {label: desk.sealed(label, ann, "text") for label in (*TEAM_LABELS, *SEALED_FROM_THEM)}
    other = desk.sealed("work.note/1", cleo, "text")
    assert refusal(lambda: desk.client.reveal([cells["work.note/1"]], by, "team.page")) == "not_allowed"
    desk.client.entrust(SITE, {dan: trust(ann)}, desk.sign_in(Role.HR))
    assert desk.client.reveal([cells[label] for label in TEAM_LABELS], by, "team.page") == [b"text"] * 4
    for cell in (*(cells[label] for label in SEALED_FROM_THEM), other):
        assert refusal(lambda cell=cell: desk.client.reveal([cell], by, "team.page")) == "not_allowed"
    assert refusal(lambda: desk.client.tokens(SITE, TODAY, [ann], by)) == "not_allowed"
    assert refusal(lambda: desk.client.find("text", by.ticket or "")) == "not_allowed"


def test_it_holds_from_its_date_to_its_date_on_the_sites_wall(desk: Desk, refusal: Refusal, ann: str) -> None:
    dan, cell = desk.person()[0], desk.sealed("work.note/1", ann, "text")
    desk.client.entrust(SITE, {dan: trust(ann, since=1, until=3)}, desk.sign_in(Role.HR))
    answers = []
    for _day in range(4):
        by = desk.worker(dan)
        try:
            answers.append(desk.client.reveal([cell], by, "team.page") == [b"text"])
        except KeeperRefused:
            answers.append(False)
        desk.clock.forward(DAY)
    assert answers == [False, True, True, False]


def test_only_an_owner_or_hr_who_reaches_the_site_entrusts(desk: Desk, refusal: Refusal, ann: str) -> None:
    dan = desk.person()[0]
    askers = [
        desk.worker(dan),
        desk.sign_in(Role.SECURITY),
        desk.sign_in(Role.AUDITOR),
        desk.sign_in(Role.HR, actor="elsewhere", sites=("site-2",)),
        Authority(job="staff"),
        Authority(job="workdays"),
    ]
    for by in askers:
        assert refusal(lambda by=by: desk.client.entrust(SITE, {dan: trust(ann)}, by)) == "not_allowed"
    assert refusal(lambda: desk.client.entrust(SITE, {dan: trust(ann)}, Authority())) == "no_ticket"


def test_teams_that_can_not_be_are_refused(desk: Desk, refusal: Refusal, ann: str) -> None:
    dan, hr = desk.person()[0], desk.sign_in(Role.HR)
    for to, team in (
        (dan, trust(dan)),  # of oneself
        ("", trust(ann)),
        (dan, trust("")),
        (dan, trust(ann, since=2, until=2)),
        (dan, trust(*(f"person-{n}" for n in range(TEAM_MOST + 1)))),
    ):
        assert refusal(lambda to=to, team=team: desk.client.entrust(SITE, {to: team}, hr)) == "bad_request"
    assert refusal(lambda: desk.client.entrust("", {dan: trust(ann)}, hr)) == "bad_request"


def test_another_word_takes_the_place_of_the_one_before_also_after_a_restart(
    desk: Desk, refusal: Refusal, ann: str
) -> None:
    dan, ben, hr = desk.person()[0], desk.person()[0], desk.sign_in(Role.HR)
    old, new = (desk.sealed("work.note/1", one, "text") for one in (ann, ben))
    desk.client.entrust(SITE, {dan: trust(ann)}, hr)
    desk.client.entrust("site-2", {dan: trust(ann)}, hr)
    desk.client.entrust(SITE, {dan: trust(ben)}, hr)
    desk.client.entrust("site-2", {dan: []}, hr)
    desk.restart()
    by = desk.worker(dan)
    assert desk.client.reveal([new], by, "team.page") == [b"text"]
    assert refusal(lambda: desk.client.reveal([old], by, "team.page")) == "not_allowed"


def test_who_is_not_named_any_more_reads_nothing(desk: Desk, refusal: Refusal, ann: str) -> None:
    dan, cleo, hr = desk.person()[0], desk.person()[0], desk.sign_in(Role.HR)
    cell = desk.sealed("work.note/1", ann, "text")
    desk.client.entrust(SITE, {dan: trust(ann)}, hr)
    assert desk.client.reveal([cell], desk.worker(dan), "team.page") == [b"text"]
    desk.client.entrust(SITE, {cleo: trust(ann)}, hr)
    assert refusal(lambda: desk.client.reveal([cell], desk.worker(dan), "team.page")) == "not_allowed"


def test_the_team_has_a_cap_of_its_own_that_a_restart_does_not_forgive(
    desk: Desk, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = desk.people(61)
    dan = desk.person()[0]
    desk.client.entrust(SITE, {dan: trust(*(cell.row for cell in cells))}, desk.sign_in(Role.HR))
    by = desk.worker(dan)
    assert len(desk.client.reveal(cells[:60], by, "team.page")) == 60
    assert refusal(lambda: desk.client.reveal(cells[60:], by, "team.page")) == "over_budget"
    desk.restart()
    assert refusal(lambda: desk.client.reveal(cells[60:], by, "team.page")) == "over_budget"
    assert len(desk.client.reveal(cells[:60], by, "team.page")) == 60
    assert budget.CAPS[CapRole.MANAGER].keys().isdisjoint({budget.Budget.SENSITIVE})


def test_teams_count_for_the_whole_web_process(desk: Desk, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "WEB_LEAST", 5)
    cells, dan = desk.people(6), desk.person()[0]
    desk.client.entrust(SITE, {dan: trust(*(cell.row for cell in cells))}, desk.sign_in(Role.HR))
    by = desk.worker(dan)
    desk.client.reveal(cells[:4], by, "team.page")  # the invitation was the fifth look
    assert refusal(lambda: desk.client.reveal(cells[4:], by, "team.page")) == "over_budget"


def test_whoever_is_in_a_team_sees_it_and_sees_every_look(desk: Desk, ann: str) -> None:
    dan, hr = desk.person()[0], desk.sign_in(Role.HR)
    desk.client.entrust(SITE, {dan: trust(ann)}, hr)
    desk.client.entrust(SITE, {dan: trust(ann)}, hr)  # said again: nothing new
    desk.client.reveal([desk.sealed("work.note/1", ann, "text")], desk.worker(dan), "team.page")
    looks = desk.client.looks(ann, desk.worker(ann).ticket or "")
    told = [(one.role, one.purpose) for one in looks if one.purpose != "invite"]
    assert told == [("manager", "team.page"), ("hr", "entrust")]


def test_oneself_and_the_team_are_two_requests(desk: Desk, refusal: Refusal, ann: str) -> None:
    dan, own = desk.person()
    desk.client.entrust(SITE, {dan: trust(ann)}, desk.sign_in(Role.HR))
    cells = [own, desk.sealed("person.name/1", ann, "Ann")]
    assert refusal(lambda: desk.client.reveal(cells, desk.worker(dan), "team.page")) == "bad_request"


def test_a_manager_whose_data_is_erased_reads_nothing(desk: Desk, refusal: Refusal, ann: str) -> None:
    dan = desk.person()[0]
    desk.client.entrust(SITE, {dan: trust(ann)}, desk.sign_in(Role.HR))
    desk.forget(dan, KeyClass.IDENTITY)
    cell = desk.sealed("work.note/1", ann, "text")
    assert refusal(lambda: desk.client.reveal([cell], desk.worker(dan), "team.page")) == "not_allowed"


def test_a_request_of_garbage_is_no_request(desk: Desk) -> None:
    assert isinstance(desk.client.call(Entrust("x" * 5000, {"": []}, Authority(ticket="\0"))), Refused)


def test_on_the_last_day_the_job_destroys_a_face_and_no_other_key(desk: Desk, refusal: Refusal, ann: str) -> None:
    staff = Authority(job="staff")
    for classes in ([KeyClass.IDENTITY], [KeyClass.FACE, KeyClass.WORK], []):
        assert refusal(lambda classes=classes: desk.client.forget(ann, classes, staff)) == "not_allowed"
    assert refusal(lambda: desk.client.forget(ann, [KeyClass.FACE], Authority(job="workdays"))) == "not_allowed"
    face = desk.sealed("face.photo/1", ann, "pixels")
    desk.client.forget(ann, [KeyClass.FACE], staff)
    assert desk.client.reveal([face], desk.sign_in(), "x") == [None]


def test_a_planned_leave_is_no_page_of_the_workers(desk: Desk, refusal: Refusal, ann: str) -> None:
    cell: Cell = desk.sealed("staff.change/1", ann, "text")
    assert refusal(lambda: desk.client.reveal([cell], desk.worker(ann), "me.page")) == "not_allowed"
    assert desk.client.reveal([cell], Authority(job="staff"), "staff") == [b"text"]
