"""After the story: the site goes on, so that somebody who looks at the console sees gates at work."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from gatehouse.demo.acts import Story, Untrue
from gatehouse.demo.console import Answered
from gatehouse.demo.site import VISITOR_PLATE
from gatehouse.demo.stage import TooSlow

PAUSE_S = 8.0


def live(story: Story) -> None:
    """One arrival after the other, for ever. What goes wrong with one is left to be seen on the console."""
    arrivals: tuple[Callable[[], object], ...] = (
        lambda: story.passes("office", lambda at: at.person_comes("astronaut", seed=7)),
        lambda: story.car_enters(VISITOR_PLATE),
        lambda: story.answer("office", lambda at: at.person_comes(None, seed=8)),
        lambda: story.pass_punches("turnstile-in"),
        story.permit_car_enters,
        lambda: story.car_is_held(VISITOR_PLATE),
        lambda: story.driver_pays(VISITOR_PLATE),
        lambda: story.passes("office", lambda at: at.person_comes("hopper", seed=9)),
        story.permit_car_leaves,
        lambda: story.pass_punches("turnstile-out"),
    )
    pause = threading.Event()
    for arrival in itertools.cycle(arrivals):
        try:
            arrival()
        except (TooSlow, Untrue, Answered):
            for spot in story.stage.spots.values():
                spot.goes_away()
        pause.wait(PAUSE_S)
