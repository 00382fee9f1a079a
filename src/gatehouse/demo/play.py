"""`gatehouse demo`: start the processes and the hardware, tell the story, and leave the site running to look at."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from gatehouse.box.home import UnusableHome, check_port
from gatehouse.box.processes import Box, StartFailed, free_port, sign_in_link
from gatehouse.clock import VARIABLE, ShiftedClock
from gatehouse.demo.acts import Story, Told
from gatehouse.demo.console import Answered, Operator
from gatehouse.demo.life import live
from gatehouse.demo.narration import Narrator
from gatehouse.demo.site import ZONE
from gatehouse.demo.stage import Stage
from gatehouse.demo.story import tell
from gatehouse.drill import run as thief
from gatehouse.vision.errors import VisionError
from gatehouse.vision.packs import check_installed


class CannotPlay(RuntimeError):
    """The demo cannot start here; the text says why and what to do."""


def run(*, home: Path | None, once: bool, say: Console | None, port: int | None = None) -> dict[str, Any]:
    """The story's report. Without `once` the site goes on until Ctrl-C. `say` None: nothing is printed.

    Raises CannotPlay for a home that is not empty or a process that does not start.
    """
    with _folder(home) as folder, _ending_on_terminate():
        clock = ShiftedClock(folder / "clock")
        settings = {VARIABLE: str(clock.file), "GATEHOUSE_TEST_PROVIDER": "1"}
        port = port or free_port()
        box = Box(folder / "box", port, edge_home=folder / "gates", environment=settings)
        narrator = Narrator(say, ZoneInfo(ZONE)) if say else _quiet
        try:
            check_port(port)
            check_installed()
            return _play(box, clock, narrator, say, once=once)
        except (UnusableHome, StartFailed, VisionError, Answered) as fault:
            raise CannotPlay(str(fault)) from fault
        finally:
            box.stop()


def _play(
    box: Box, clock: ShiftedClock, narrator: Callable[[str, Told, datetime], None], say: Console | None, *, once: bool
) -> dict[str, Any]:
    _print(say, "Starting keeper and server ...")
    box.start_keeper()
    box.server.start()
    stage = Stage()  # painted while the server comes up
    try:
        box.server.wait_until(box.server_answers, within_s=120)
        owner = Operator(box, str(uuid.uuid4()))
        try:
            _print(say, f"The console: {sign_in_link(box.home, box.url, 'owner')}\n")
            story = Story(box=box, stage=stage, clock=clock, owner=owner, say=narrator)
            ok = tell(story)
            if not once:
                _stay(story, say)
            return _report(story, ok=ok)
        finally:
            owner.close()
    finally:
        stage.stop()


def _stay(story: Story, say: Console | None) -> None:
    """People and cars keep coming until Ctrl-C."""
    link = sign_in_link(story.box.home, story.box.url, "owner")
    _print(say, f"\nThe site stays open. Sign in (one use): {link}")
    _print(say, f"Pay as a driver would: {story.box.url}/pay/{story.site.pay_code}/")
    _print(say, f"The exit's display: {story.box.url}{story.gate('exit')['display']}")
    _print(say, "Ctrl-C ends it.\n")
    try:
        live(story)
    except KeyboardInterrupt:
        _print(say, "\nClosing.")


def _report(story: Story, *, ok: bool) -> dict[str, Any]:
    report: dict[str, Any] = {"ok": ok, "steps": [told.as_dict() for told in story.told]}
    if story.report is not None:
        report["drill"] = thief.as_dict(story.report)
    return report


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    """An empty folder to play in; a temporary one is removed afterwards."""
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
        if any(home.iterdir()):
            raise CannotPlay(f"{home} is not empty; the demo wants an empty folder of its own")
        yield home.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ending_on_terminate() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does, so that no process is left behind."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(say: Console | None, text: str) -> None:
    if say is not None:
        say.print(text)


def _quiet(headline: str, told: Told, at: datetime) -> None:
    """For a report in JSON: nothing is narrated."""
