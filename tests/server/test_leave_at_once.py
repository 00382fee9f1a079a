"""Two requests for leave in the same instant: the last day goes to one of them."""

import threading
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from tests.server.world import SETUP, ZONE

from gatehouse.domain.leave_requests import Request
from gatehouse.domain.periods import local_date
from gatehouse.domain.working_time import monday
from gatehouse.server.attendance import leave_actions
from gatehouse.server.attendance.leave_kinds import KindRules
from gatehouse.server.attendance.models import WorkNote
from gatehouse.server.audit.by import By
from gatehouse.server.staffing import leave


def test_the_last_day_is_not_taken_by_two_requests_at_once(committed_world):
    world = committed_world
    eve = world.hire("S-1", "Eve Hart")
    today = local_date(world.now(), ZoneInfo(ZONE))
    rules = KindRules(days="1", counted="calendar", begins=today.year - 1)
    leave_actions.add_kind(world.site, "own", "A day of one's own", rules, by=SETUP, at=world.now())
    week = monday(today) + timedelta(days=14)
    answers, gate = [], threading.Barrier(4)

    def asks(day: date) -> None:
        gate.wait(10)
        try:
            asked = leave.ask(eve, "own", Request(day, day), "", by=By.job("workdays"), at=world.now())
            answers.append(asked)
        finally:
            connection.close()

    threads = [threading.Thread(target=asks, args=(week + timedelta(days=n),)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(answers) == 4
    assert [one.code for one in answers if isinstance(one, leave.NotAsked)] == ["objection"] * 3, answers
    assert WorkNote.objects.count() == 1
