"""Caps of an hour, a day and thirty days; the published ones, or those of a file that only the keeper's user writes."""

import json
import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest

from gatehouse.keeper.budget import CAPS, WEB_LEAST
from gatehouse.keeper.client import KeeperRefused
from gatehouse.keeper.errors import UnsafeFile
from gatehouse.keeper.limits import FILE, limits_of
from gatehouse.keeper.protocol import Authority, Budget, Cell, Role, UsageList

from .conftest import Desk


def greedily(desk: Desk, cells: list[Cell], by: Authority) -> tuple[int, dict[str, str | int]]:
    """How many are opened one by one, and what stood in the way of the next."""
    for place, cell in enumerate(cells):
        try:
            desk.client.reveal([cell], by, "x")
        except KeeperRefused as no:
            return place, no.facts
    return len(cells), {}


def write(desk: Desk, said: object) -> None:
    (desk.home / "keeper" / FILE).write_text(json.dumps(said))
    desk.restart()


SMALL = {"caps": {"security": {"names": [3, 5, 12]}}}


def test_a_slow_reader_of_a_month_sees_as_many_as_are_published_for_thirty_days(desk: Desk) -> None:
    """At a small site's caps: five a day until the thirty days' twelve are used up. And a restart every
    night forgives nothing."""
    write(desk, SMALL)
    cells, seen = desk.people(200), 0
    by_day = []
    for _ in range(30):
        today = 0
        for _ in range(4):
            by = desk.sign_in(Role.SECURITY, actor="slow")
            opened, _ = greedily(desk, cells[seen:], by)
            seen, today = seen + opened, today + opened
            desk.clock.forward(timedelta(hours=6))
        by_day.append(today)
        desk.restart()
    assert by_day[:3] == [5, 5, 2]
    assert seen == 12
    desk.clock.forward(timedelta(days=1))
    assert greedily(desk, cells[seen:], desk.sign_in(Role.SECURITY, actor="slow"))[0] == 3


def test_what_stands_in_the_way_is_said(desk: Desk) -> None:
    write(desk, SMALL)
    cells = desk.people(20)
    first = greedily(desk, cells, desk.sign_in(Role.SECURITY, actor="slow"))
    assert first == (3, {"budget": "names", "window": "hour", "cap": 3})
    desk.clock.forward(timedelta(hours=2))
    second = greedily(desk, cells[3:], desk.sign_in(Role.SECURITY, actor="slow"))
    assert second == (2, {"budget": "names", "window": "day", "cap": 5})
    for _ in range(2):
        desk.clock.forward(timedelta(days=1))
        last = greedily(desk, cells[5:], desk.sign_in(Role.SECURITY, actor="slow"))
    desk.clock.forward(timedelta(days=1))
    last = greedily(desk, cells[12:], desk.sign_in(Role.SECURITY, actor="slow"))
    assert last[1] == {"budget": "names", "window": "day", "cap": 5} or last[1]["window"] in ("hour", "month")


def test_every_published_cap_of_thirty_days_is_what_stops_at_the_published_number() -> None:
    for caps in (one for of in CAPS.values() for one in of.values()):
        assert 0 < caps.hour <= caps.day <= caps.month


def test_the_file_changes_what_it_names_and_nothing_else(desk: Desk) -> None:
    write(desk, SMALL)
    rows = {(row.role, row.budget): row for row in desk.client.usage(desk.sign_in().ticket or "").caps}
    changed = rows["security", Budget.NAMES]
    assert (changed.hour, changed.day, changed.month, changed.published) == (3, 5, 12, False)
    others = [row for key, row in rows.items() if key != ("security", Budget.NAMES)]
    assert all(row.published for row in others)
    assert rows["hr", Budget.SENSITIVE].day == CAPS[Role.HR][Budget.SENSITIVE].day


def test_the_whole_process_has_the_cap_of_the_file(desk: Desk) -> None:
    assert desk.client.usage(desk.sign_in().ticket or "").web_cap == WEB_LEAST
    write(desk, {"web": {"least": 4, "share": 1000}})
    cells = desk.people(9)
    assert greedily(desk, cells, desk.sign_in(actor="one"))[0] == 4
    assert greedily(desk, cells[4:], desk.sign_in(actor="two"))[0] == 0


def test_a_change_of_the_caps_is_a_line_of_the_log_and_told(desk: Desk) -> None:
    def lines() -> int:
        return sum(entry.kind == "limits" for entry in desk.service.vault.log.entries())

    desk.restart()
    assert lines() == 0
    write(desk, SMALL)
    desk.restart()
    assert lines() == 1
    (desk.home / "keeper" / FILE).unlink()
    desk.restart()
    assert lines() == 2


def test_it_is_told_where_the_caps_come_from_whose_file_it_is_and_since_when(desk: Desk) -> None:
    def told() -> UsageList:
        return desk.client.usage(desk.sign_in().ticket or "")

    assert (told().file, told().since) == (None, None)
    desk.clock.forward(timedelta(hours=1))
    write(desk, SMALL)
    path, came = desk.home / "keeper" / FILE, desk.clock.now()
    said = told().file
    assert said is not None
    assert (said.path, said.owner, said.waits) == (str(path), pwd.getpwuid(os.getuid()).pw_name, False)
    assert said.written == datetime.fromtimestamp(path.stat().st_mtime, UTC)
    desk.clock.forward(timedelta(hours=1))
    desk.restart()
    assert told().since == came


def test_a_file_that_was_changed_since_the_start_is_said_to_wait(desk: Desk) -> None:
    path = desk.home / "keeper" / FILE
    path.write_text(json.dumps(SMALL))
    first = desk.client.usage(desk.sign_in().ticket or "").file
    assert first is not None
    assert first.waits
    desk.restart()
    path.unlink()
    gone = desk.client.usage(desk.sign_in().ticket or "").file
    assert gone is not None
    assert (gone.waits, gone.written) == (True, None)


def test_whoever_sees_none_of_a_class_gets_none_by_the_file(desk: Desk) -> None:
    write(desk, {"caps": {"auditor": {"sensitive": [10, 10, 10]}}})
    assert greedily(desk, desk.people(1, "person.contact/1"), desk.sign_in(Role.AUDITOR))[0] == 0


@pytest.mark.parametrize(
    "said",
    [
        {"caps": {"king": {"names": [1, 2, 3]}}},
        {"caps": {"hr": {"secrets": [1, 2, 3]}}},
        {"caps": {"hr": {"names": [3, 2, 1]}}},
        {"caps": {"hr": {"names": [-1, 2, 3]}}},
        {"caps": {"hr": {"names": [1, 2]}}},
        {"caps": {"hr": {"names": [1, 2, 2_000_000]}}},
        {"web": {"least": 10, "share": 0}},
        {"weeb": {}},
        [],
    ],
    ids=["role", "class", "falling", "negative", "two", "huge", "share", "field", "list"],
)
def test_a_file_that_says_no_caps_is_refused(desk: Desk, said: object) -> None:
    (desk.home / "keeper" / FILE).write_text(json.dumps(said))
    with pytest.raises(UnsafeFile):
        limits_of(desk.home / "keeper")
