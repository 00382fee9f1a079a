"""Who is missed at the bell: nobody before it and the grace, nobody of whom something is known."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatehouse.domain.absence import missed, rung
from gatehouse.domain.periods import at_local
from gatehouse.domain.registers import Entry, Mark, Seen, Session, SessionPlan, Source, Status

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 5, 6)
MORNING = Session("morning", time(8), time(8, 10), time(8, 30), time(11, 30), time(11, 40))
AFTERNOON = Session("afternoon", time(13, 30), time(13, 40), time(14), time(16), time(16, 10))
PLAN = SessionPlan((MORNING, AFTERNOON))
GRACE = timedelta(minutes=10)


def at(clock: str, on: date = DAY) -> datetime:
    return at_local(on, time.fromisoformat(clock), BERLIN)


@pytest.mark.parametrize(
    ("clock", "session"),
    [
        ("07:00", None), ("08:00", None), ("08:09:59", None), ("08:10", MORNING), ("11:39", MORNING), ("11:40", None),
        ("13:39", None), ("13:40", AFTERNOON), ("16:09", AFTERNOON), ("16:10", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("on", [DAY, date(2026, 3, 29), date(2026, 10, 25)], ids=str)
def test_the_bell_and_the_grace_are_on_the_wall(clock, session, on) -> None:
    assert rung(PLAN, on, BERLIN, GRACE, at(clock, on)) == session


def test_a_grace_that_is_longer_than_the_session_misses_nobody() -> None:
    assert all(rung(PLAN, DAY, BERLIN, timedelta(hours=4), at(f"{hour:02}:59")) is None for hour in range(24))


def test_only_of_whom_nothing_is_known_is_missed() -> None:
    late, here = Seen(Status.LATE, at("08:20")), Seen(Status.PRESENT, at("07:55"))
    after = Seen(Status.ABSENT, at("08:45"))  # came after the register had closed: they are here
    said = Mark("morning", Status.EXCUSED, "sickness", source=Source.GUARDIAN)
    back = Mark("morning", Status.ABSENT, "unexplained")
    entries = {
        "b-unknown": [Entry("morning", Seen(Status.EXPECTED)), Entry("afternoon", here)],
        "a-absent": [Entry("morning", Seen(Status.ABSENT))],
        "late": [Entry("morning", late)],
        "here": [Entry("morning", here)],
        "after": [Entry("morning", after)],
        "excused": [Entry("morning", Seen(Status.EXPECTED), (said,))],
        "teacher": [Entry("morning", Seen(Status.ABSENT), (back,))],
        "on leave": [Entry("morning", Seen(Status.EXCUSED, reason="authorised"))],
        "left the school": [],
    }
    assert missed(MORNING, entries) == ("a-absent", "b-unknown")
    assert missed(AFTERNOON, entries) == ()
