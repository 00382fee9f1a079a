"""The story: two days at a small works with a garage, and a thief at the end. One row a scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from gatehouse.demo.acts import Facts, Story, in_turn, together
from gatehouse.demo.site import NIGHT_PLATE, VISITOR_PLATE, ZONE

When = tuple[int, int, int]  # day of the story, hour, minute


@dataclass(frozen=True, slots=True)
class Scene:
    """`when` None: right after the scene before."""

    name: str
    headline: str
    when: When | None
    act: Callable[[Story], Facts]


def _morning(story: Story) -> Facts:
    return together(lambda: story.face_punches("turnstile-in", 2), story.permit_car_enters)


def _evening(story: Story) -> Facts:
    return together(
        lambda: in_turn(lambda: story.face_punches("turnstile-out", 3), lambda: story.pass_punches("turnstile-out")),
        story.permit_car_leaves,
    )


def _second_morning(story: Story) -> Facts:
    return together(lambda: story.pass_punches("turnstile-in"), story.permit_car_enters)


SCENES: tuple[Scene, ...] = (
    Scene("site_is_set_up", "A site is set up: a door, a turnstile, a garage", (1, 7, 30), Story.set_up),
    Scene("edge_starts", "The edge comes up and watches five cameras", None, Story.edge_starts),
    Scene("stranger_is_refused", "A stranger walks up to the office door", (1, 7, 35), Story.stranger_is_refused),
    Scene("people_enrol", "Two people enrol by face with consent, one takes a QR pass", None, Story.people_enrol),
    Scene("face_opens_door", "Mara walks up to the office, and the door opens", (1, 8, 40), Story.face_opens_door),
    Scene("pass_opens_turnstile", "Ruoxi keeps her face to herself and shows a pass", None, Story.pass_opens_turnstile),
    Scene("morning_of_day_1", "Mara punches in; a car with a permit drives in", (1, 8, 55), _morning),
    Scene("visitor_enters", "A visitor drives in", (1, 10, 5), lambda story: story.car_enters(VISITOR_PLATE)),
    Scene("visitor_is_held", "It wants to leave unpaid", (1, 12, 20), lambda story: story.car_is_held(VISITOR_PLATE)),
    Scene("visitor_pays", "Its driver pays by phone", None, lambda story: story.driver_pays(VISITOR_PLATE)),
    Scene("evening_of_day_1", "Mara and Ruoxi punch out; the permit car leaves", (1, 18, 4), _evening),
    Scene("night_car_enters", "A car comes for the night", (1, 21, 30), lambda story: story.car_enters(NIGHT_PLATE)),
    Scene("morning_of_day_2", "Ruoxi is on time; the permit car is back", (2, 8, 57), _second_morning),
    Scene("late_on_day_2", "Mara is late", (2, 9, 17), lambda story: story.face_punches("turnstile-in", 4)),
    Scene(
        "crash_at_the_gate",
        "Server and edge are killed while the night's car stands at the exit",
        (2, 9, 40),
        Story.crash_at_the_gate,
    ),
    Scene("evening_of_day_2", "Everybody leaves", (2, 18, 2), _evening),
    Scene("workdays", "The night's job makes workdays of the punches", (3, 4, 31), Story.workday_is_computed),
    Scene("performance", "On time once, late once", None, Story.performance_line),
    Scene("payslip", "A draft payslip, explained line by line", None, Story.payslip_is_drafted),
    Scene("drill", "A thief takes everything but the keys", None, Story.thief_finds_nothing),
)


def next_monday(now: datetime) -> date:
    """A Monday ahead whose Tuesday lies in the same month, so that one payslip holds both days."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    monday = today + timedelta(days=7 - today.weekday())
    return monday if (monday + timedelta(days=1)).month == monday.month else monday + timedelta(days=7)


def tell(story: Story) -> bool:
    """Every scene in turn; False at the first that did not happen as it should."""
    story.monday = next_monday(story.clock.now())
    for scene in SCENES:
        if scene.when is not None:
            story.go_to(*scene.when)
        if not story.step(scene.name, scene.headline, partial(scene.act, story)):
            return False
    return True
