"""A site with two weeks of real passages, and what its clerk does on the worklist."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.urls import reverse
from tests.server.world import SETUP, ZONE

from gatehouse.domain.findings import Key, Kind
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, at_local, local_date
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.attendance import worklist_looks
from gatehouse.server.attendance.actions import add_pattern, plan
from gatehouse.server.attendance.workdays import compute_workdays
from gatehouse.server.attendance.worklist_actions import keep_worklist
from gatehouse.server.console.work.answering import Tick

SHIFT = {
    "start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360, "grace_in_min": 5,
    "grace_out_min": 5, "one_missing": "zero", "overtime_from_min": 15, "closes_after_min": 300,
}  # fmt: skip


class Worklists:
    """Yesterday of several people, counted, and the page of whoever answers."""

    def __init__(self, house):
        self.house, self.world, self.site = house, house.world, house.world.site
        self.day = local_date(self.world.now(), ZoneInfo(ZONE)) - DAY
        self.pattern = add_pattern(self.site, "day", "Day", SHIFT, by=SETUP, at=self.world.now())
        self.people = {}
        self.hr = house.browser(Role.HR)

    def at(self, hour: int, minute: int = 0, day: date | None = None) -> datetime:
        return at_local(day or self.day, time(hour, minute), ZoneInfo(ZONE))

    def person(self, number: str, *spans: tuple[str, str], day: date | None = None):
        """Planned for the date, and there between these times ("" for a punch that lacks)."""
        person = self.people.get(number) or self.world.hire(number, f"Person {number}")
        self.people[number] = person
        plan(person, self.pattern, [day or self.day], by=SETUP, at=self.world.now())
        for came, left in spans:
            for said, way in ((came, "in"), (left, "out")):
                if said:
                    hour, minute = map(int, said.split(":"))
                    at = self.at(hour, minute, day)
                    self.world.tell(self.world.passage(subject=str(person.pk), at=at, direction=way))
        return person

    def count(self, *days: date) -> None:
        for day in days or (self.day,):
            compute_workdays(self.site, day, at=self.world.now())
        keep_worklist(self.site, self.day, at=self.world.now())

    def found(self, person, day: date | None = None):
        month = Month.of(day or self.day)
        hr = self.world.operator(Role.HR)
        answer = worklist_looks.found([person], month.first, month.until, hr.authority, "worklist")
        assert not isinstance(answer, Refused), answer
        return answer[person.pk]

    def waiting(self, person):
        return [(one.kind.value, one.minutes) for one in self.found(person).waiting]

    def workday(self, person, day: date | None = None):
        (one,) = self.found(person, day).days[day or self.day]
        return one

    def tick(self, person, kind: str, day: date | None = None, shift: str = "day") -> str:
        return str(Tick(person.pk, Key(day or self.day, Kind(kind), shift)))

    def open(self, **fields):
        return self.hr.post(reverse("worklist"), fields)

    def preview(self, way: str, *ticks: str, browser=None, **fields):
        wanted = {"way": way, "reason": "as agreed", "tick": list(ticks)} | fields
        return (browser or self.hr).post(reverse("worklist-preview"), wanted)

    def answer(self, way: str, *ticks: str, browser=None, **fields):
        wanted = {"way": way, "reason": "as agreed", "tick": list(ticks)} | fields
        return (browser or self.hr).post(reverse("worklist-answer"), wanted)

    def undo(self, person, answer_id: str, browser=None):
        address = reverse("worklist-undo", args=[person.pk, str(Month.of(self.day))])
        return (browser or self.hr).post(address, {"answer": answer_id})


def text(response) -> str:
    return " ".join(response.content.decode().split())
