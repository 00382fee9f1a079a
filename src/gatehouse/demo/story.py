"""The story: two days at a small works with a garage, and a thief at the end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from gatehouse.demo import figures
from gatehouse.demo.acts import Facts, Story
from gatehouse.demo.site import NIGHT_PLATE, VISITOR_PLATE, ZONE

When = tuple[int, int, int]  # day of the story, hour, minute


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    headline: str
    act: Callable[[Story], Facts]


@dataclass(frozen=True, slots=True)
class Scene:
    """`when` None: right after the scene before. Each of `lines` is acts in turn; the lines run at the same time, as
    different gates do."""

    when: When | None
    lines: tuple[tuple[Act, ...], ...]


def _scene(when: When | None, *lines: Act | tuple[Act, ...]) -> Scene:
    return Scene(when, tuple(line if isinstance(line, tuple) else (line,) for line in lines))


def _mara(name: str, headline: str, gate: str, seed: int) -> Act:
    return Act(name, headline, lambda story: story.face_punches(gate, seed))


def _ruoxi(name: str, headline: str, gate: str) -> Act:
    return Act(name, headline, lambda story: story.pass_punches(gate))


SCENES: tuple[Scene, ...] = (
    _scene((1, 7, 30), Act("site_is_set_up", "A site is set up: a door, a turnstile, a garage", Story.set_up)),
    _scene(None, Act("edge_starts", "The edge comes up and watches five cameras", Story.edge_starts)),
    _scene((1, 7, 35), Act("stranger_is_refused", "A stranger comes to the office door", Story.stranger_is_refused)),
    _scene(None, Act("people_enrol", "Two people enrol by face with consent, a third without", Story.people_enrol)),
    _scene(
        (1, 8, 50), Act("face_opens_door", "Mara walks up to the office, and the door opens", Story.face_opens_door)
    ),
    _scene(
        (1, 8, 55),
        (
            _ruoxi("pass_opens_turnstile", "Ruoxi keeps her face to herself and shows a QR pass", "turnstile-in"),
            _mara("face_punches_in", "Mara goes through the turnstile", "turnstile-in", 2),
        ),
        Act("permit_car_enters", "A registered car drives in on its permit", Story.permit_car_enters),
    ),
    _scene((1, 10, 5), Act("visitor_enters", "A visitor drives in", lambda story: story.car_enters(VISITOR_PLATE))),
    _scene(
        (1, 12, 20),
        Act("visitor_is_held", "The visitor wants to leave unpaid", lambda story: story.car_is_held(VISITOR_PLATE)),
    ),
    _scene(None, Act("visitor_pays", "The driver pays by phone", lambda story: story.driver_pays(VISITOR_PLATE))),
    _scene(
        (1, 18, 4),
        (
            _mara("face_punches_out", "Mara goes home", "turnstile-out", 3),
            _ruoxi("pass_punches_out", "Ruoxi goes home", "turnstile-out"),
        ),
        (
            Act("permit_car_leaves", "The registered car leaves on its permit", Story.permit_car_leaves),
            Act("night_car_enters", "Another visitor comes for the night", lambda story: story.car_enters(NIGHT_PLATE)),
        ),
    ),
    _scene(
        (2, 8, 57),
        _ruoxi("on_time_on_day_2", "The next morning Ruoxi is on time", "turnstile-in"),
        Act("permit_car_is_back", "The registered car is back", Story.permit_car_enters),
    ),
    _scene((2, 9, 17), _mara("late_on_day_2", "Mara is late", "turnstile-in", 4)),
    _scene(
        (2, 9, 40),
        Act(
            "crash_at_the_gate",
            "Server and edge are killed with -9 while the night's car stands at the exit",
            Story.crash_at_the_gate,
        ),
    ),
    _scene(
        (2, 18, 2),
        (
            _mara("face_leaves_on_day_2", "Mara goes home", "turnstile-out", 5),
            _ruoxi("pass_leaves_on_day_2", "Ruoxi goes home", "turnstile-out"),
        ),
        Act("permit_car_leaves_again", "The registered car leaves", Story.permit_car_leaves),
    ),
    _scene((3, 4, 31), Act("workdays", "The night's job makes workdays of the punches", Story.workday_is_computed)),
    _scene(None, Act("seen_first", "Mara sees her figures before anybody else", figures.seen_first)),
    _scene(None, Act("performance", "On time once, late once", Story.performance_line)),
    _scene(None, Act("contest", "Mara contests the late day, and HR answers", figures.contested)),
    _scene(None, Act("payslip", "A draft payslip, explained line by line", Story.payslip_is_drafted)),
    _scene(None, Act("drill", "A thief takes everything but the keys", Story.thief_finds_nothing)),
)


def next_monday(now: datetime) -> date:
    """A Monday ahead whose Tuesday lies in the same month, so that one payslip holds both days."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    monday = today + timedelta(days=7 - today.weekday())
    return monday if (monday + timedelta(days=1)).month == monday.month else monday + timedelta(days=7)


def tell(story: Story) -> bool:
    """Every scene in turn; False after the first in which something did not happen as it should."""
    story.monday = next_monday(story.clock.now())
    for scene in SCENES:
        if scene.when is not None:
            story.go_to(*scene.when)
        with ThreadPoolExecutor(len(scene.lines)) as pool:
            if not all(pool.map(partial(_line, story), scene.lines)):
                return False
    return True


def _line(story: Story, acts: tuple[Act, ...]) -> bool:
    return all(story.step(act.name, act.headline, partial(act.act, story)) for act in acts)
