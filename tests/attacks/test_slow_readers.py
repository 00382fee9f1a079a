"""Somebody who may read a little comes back every day for a month, starts the keeper anew, or comes as somebody else.

The keeper is a real one in this process, behind its socket, with a clock that the test moves. The numbers are read out
of docs/specs/keeper.md: a cap that is one higher in the code than in the specification fails here.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.attacks.site import refused
from tests.keeper.conftest import START, Desk

from gatehouse.keeper.budget import CAPS, SELF, Budgets, Over, Spend
from gatehouse.keeper.limits import Limits
from gatehouse.keeper.protocol import Authority, Budget, CapRole, Cell, Role

HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
SPEC = Path(__file__).parents[2] / "docs" / "specs" / "keeper.md"
CLASSES = (Budget.BRIEF, Budget.NAMES, Budget.SENSITIVE, Budget.WORK)
NAMES_IN_SPEC: dict[str, tuple[Role | CapRole, ...]] = {
    "owner, HR": (Role.OWNER, Role.HR),
    "security, parking": (Role.SECURITY, Role.PARKING),
    "auditor": (Role.AUDITOR,),
    "contractor (their own people)": (Role.CONTRACTOR,),
    "manager (a worker, of their team)": (CapRole.MANAGER,),
}


def published() -> dict[tuple[Role | CapRole, Budget], tuple[int, int, int]]:
    """Hour, day and thirty days of every role and class, as the specification has them."""
    section = SPEC.read_text("utf-8").split("### Budgets\n")[1].split("\n### ")[0]
    assert "thirty days allow ten times a day's" in section
    found = {}
    for line in section.splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        for role in NAMES_IN_SPEC.get(name, ()):
            for kind, cell in zip(CLASSES, cells, strict=True):
                if cell != "-":
                    hour, day = (int(number.replace(",", "")) for number in cell.split(" / "))
                    found[role, kind] = (hour, day, 10 * day)
    return found


PUBLISHED = published()
SELF_PUBLISHED = tuple(
    int(number.replace(",", ""))
    for number in re.findall(r"makes (\d+) requests an hour, ([\d,]+) a day and ([\d,]+) in thirty", SPEC.read_text())[
        0
    ]
)
WEB_DAY = int(re.findall(r"at most max\(([\d,]+), 5 %", SPEC.read_text("utf-8"))[0].replace(",", ""))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    desk.start()
    yield desk
    desk.stop()


# --- the keeper itself ---------------------------------------------------------------------------------------------


def greedily(desk: Desk, cells: list[Cell], by: Authority, at_once: int) -> int:
    """As many as the keeper opens from the first on: in lists while they are opened, then one by one."""
    seen = 0
    for size in (at_once, 1):
        while seen < len(cells):
            said = refused(lambda at=seen, size=size: desk.client.reveal(cells[at : at + size], by, "person.page"))  # type: ignore[misc]
            assert said in ("", "over_budget")
            if said:
                break
            seen += size
    return min(seen, len(cells))


def read_for_a_month(desk: Desk, cells: list[Cell], role: Role, caps: tuple[int, int, int]) -> list[int]:
    """What one reader of this role gets on each of thirty days: they sign in every day, read every hour until an hour
    shows nobody more, and have the keeper started anew every week."""
    seen, by_day = 0, []
    for night in range(30):
        by, morning, before = desk.sign_in(role, actor="slow"), desk.clock.now(), seen
        while opened := greedily(desk, cells[seen : seen + caps[0] + 1], by, caps[0]):
            assert opened <= caps[0]
            seen += opened
            desk.clock.forward(HOUR)
        by_day.append(seen - before)
        desk.clock.forward(morning + DAY - desk.clock.now())
        if night % 7 == 6:
            desk.restart()
    return by_day


@pytest.mark.parametrize(
    ("role", "label", "kind"),
    [
        (Role.SECURITY, "person.name/1", Budget.NAMES),
        (Role.HR, "person.contact/1", Budget.SENSITIVE),
    ],
)
def test_a_slow_reader_gets_in_thirty_days_what_is_published_whatever_is_started_anew(
    desk: Desk, role: Role, label: str, kind: Budget
) -> None:
    """And when the first day is over by thirty, that day's people and no more."""
    caps = PUBLISHED[role, kind]
    cells = desk.people(caps[2] + caps[1] + 1, label)
    by_day = read_for_a_month(desk, cells, role, caps)
    assert by_day == [caps[1]] * 10 + [0] * 20
    assert sum(by_day) == caps[2]
    assert greedily(desk, cells[caps[2] :], desk.sign_in(role, actor="slow"), caps[0]) == caps[0]


def test_a_reader_who_comes_as_somebody_else_each_time_gets_what_the_whole_process_may(desk: Desk) -> None:
    """Day after day, as an owner who is new at each request, over a restart; and by nobody's ticket more."""
    cells, seen = desk.people(2 * WEB_DAY + 50), 0
    for day in range(2):
        today = 0
        for number in range(5):
            by = desk.sign_in(Role.OWNER, actor=f"made-up-{day}-{number}")
            mine = cells[seen + today : seen + today + 250]
            today += greedily(desk, mine, by, 50)
        desk.restart()
        last = desk.sign_in(Role.HR, actor=f"last-{day}")
        assert greedily(desk, cells[seen + today :], last, 50) == 0
        assert today == WEB_DAY
        seen += today
        desk.clock.forward(DAY)


# --- every role and class, against the counting alone -----------------------------------------------------------------


def test_the_caps_in_the_code_are_those_of_the_specification() -> None:
    """Of every role and class, and of no other."""
    coded = {(role, kind): (one.hour, one.day, one.month) for role, of in CAPS.items() for kind, one in of.items()}
    assert coded == PUBLISHED
    assert (SELF.hour, SELF.day, SELF.month) == SELF_PUBLISHED


class Everybody:
    """People without end, each a pseudonym."""

    def __init__(self) -> None:
        self._next = 0

    def some(self, count: int) -> frozenset[bytes]:
        self._next += count
        return frozenset(b"%d" % number for number in range(self._next - count, self._next))


def fits(budgets: Budgets, spend: Spend, at: datetime) -> bool:
    return not isinstance(budgets.take([spend], at), Over)


@pytest.mark.parametrize(("role", "kind"), sorted(PUBLISHED), ids=lambda one: str(one))
def test_hour_day_and_thirty_days_of_every_role_and_class_hold_to_the_last_person(
    role: Role | CapRole, kind: Budget
) -> None:
    """The windows slide: a day that begins at noon has no second allowance at midnight."""
    hour, day, month = PUBLISHED[role, kind]
    budgets, everybody, at = Budgets(lambda: 40 * day, Limits()), Everybody(), START
    seen_in_day: list[int] = []
    for _ in range(30):
        left, today, clock = day, 0, at
        while left:
            for count in (min(hour, left), 1):
                spend = Spend("slow", role, kind, everybody.some(count))
                opened = fits(budgets, spend, clock)
                today += count * opened
                assert not (opened and count == 1 and min(hour, left) > 1), (clock, "one more than the cap")
            left -= min(hour, left)
            clock += HOUR
        seen_in_day.append(today)
        at += DAY
    assert seen_in_day == [day] * (month // day) + [0] * (30 - month // day)
    assert fits(budgets, Spend("slow", role, kind, everybody.some(min(hour, day))), START + MONTH)


def test_ever_new_actors_of_a_month_see_together_what_the_process_may_each_day() -> None:
    """The whole process has a cap of a day, and no other: in thirty days thirty times that, whoever is made up."""
    budgets, everybody = Budgets(lambda: 0, Limits()), Everybody()
    for day in range(30):
        at = START + day * DAY
        for number in range(WEB_DAY // 100):
            assert fits(budgets, Spend(f"{day}-{number}", Role.HR, Budget.NAMES, everybody.some(100)), at)
        for kind in (Budget.NAMES, Budget.SENSITIVE, Budget.WORK):
            assert not fits(
                budgets, Spend(f"{day}-more", Role.HR, kind, everybody.some(1)), at + DAY - timedelta(seconds=1)
            )


def test_ones_own_page_has_a_month_of_its_own() -> None:
    hour, day, month = SELF_PUBLISHED
    budgets, by_day = Budgets(lambda: 0, Limits()), []
    me = Spend("me", Role.WORKER, Budget.WORK, frozenset((b"me",)))
    for date in range(30):
        at, before = START + date * DAY, sum(by_day)
        while asked := sum(1 for _ in iter(lambda at=at: fits(budgets, me, at), False)):  # type: ignore[misc]
            assert asked <= hour
            before, at = before + asked, at + HOUR
        by_day.append(before - sum(by_day))
    assert by_day == [day] * (month // day) + [0] * (30 - month // day)
