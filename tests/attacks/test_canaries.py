"""One canary for every field that says something of somebody, planted in one go; then a thief searches all that there
is: database with its write-ahead log and free pages, media, files that came half, backups sealed and open, the keeper's
folder, logs, life signs, and what pages and processes that break leave behind."""

import gzip
import logging
import os
import signal
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest
import structlog
from django.conf import settings
from django.db import connections
from tests.attacks import canary_scenes
from tests.attacks.canaries import Canaries
from tests.attacks.canary_scenes import MADE_HERE, NO_WORDS, PLANTED_BY
from tests.backups.house import House
from tests.server.world import World

from gatehouse.clock import ShiftedClock
from gatehouse.crypto.agefile import open_file
from gatehouse.crypto.agestream import opener
from gatehouse.drill import loot, truth
from gatehouse.drill.needles import Needle, patterns
from gatehouse.drill.search import Haystack
from gatehouse.drill.templates import faces_shown
from gatehouse.keeper.client import Client
from gatehouse.keeper.inspect import Found, Inspector
from gatehouse.keeper.protocol import LABELS
from gatehouse.server import asking, bus, feed, keeping, logs, moment
from gatehouse.server.backups.archive import unpack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@dataclass
class Stolen:
    """An installation whose processes crashed, with all canaries in it. `held` is what lies in the cells, by label."""

    home: Path
    made: Canaries
    held: Mapping[str, list[Found]]
    people: list[str]
    opened: Path  # the backups, opened with the key on paper: what lies in them is sealed once more

    def __post_init__(self) -> None:
        numbered = enumerate(needle for _, needle in self.made.planted)
        self._hay = Haystack((pattern, number) for number, needle in numbered for pattern in patterns(needle))

    def read_in(self, data: bytes) -> set[str]:
        """Of which labels a canary can be read in these bytes."""
        return {self.made.planted[number][0] for number in self._hay.hits(data)}

    def finds(self, folder: Path) -> dict[str, set[str]]:
        """Where which label's canary can be read, in every encoding; `folder` takes the thief's copy."""
        loot.copy_home(self.home, folder / "home")
        loot.copy_home(self.home / "keeper", folder / "keepers")
        loot.copy_home(self.opened, folder / "opened")
        found = defaultdict(set)
        answers = [loot.Piece(f"answer: {where}", data) for where, data in self.made.answers.items()]
        for piece in chain(loot.pieces(folder), answers):
            for label in self.read_in(piece.data):
                found[label].add(piece.where)
            if faces_shown(piece.data):
                found["a face"].add(piece.where)
        return dict(found)


@pytest.fixture(scope="module")
def stolen(tmp_path_factory: pytest.TempPathFactory, django_db_blocker) -> Iterator[Stolen]:
    folder = tmp_path_factory.mktemp("c")
    house = House(folder / "h", ShiftedClock(folder / "clock"))
    try:
        house.start().furnish()
        with django_db_blocker.unblock(), _this_process_writes_too(house) as keeper:
            made = canary_scenes.plant(house, World(house.home, keeper, house.clock))
        opened = _opened_backup(house, folder / "opened")
        with Inspector(house.home) as inspector:
            held = defaultdict(list)
            for cell in truth.opened(house.home / "server" / "gatehouse.db", inspector):
                held[cell.label].append(cell)
            people = inspector.subjects()
        for label in MADE_HERE:
            made.planted += [(label, needle) for needle in _made_here(held[label])]
        for process in (house.box.server, house.box.keeper):
            assert process._child is not None
            os.kill(process._child.pid, signal.SIGABRT)
            assert process._child.wait(20) == -signal.SIGABRT
        yield Stolen(house.home, made, held, people, opened)
    finally:
        house.stop()


@contextmanager
def _this_process_writes_too(house: House) -> Iterator[Client]:
    """The actions of this process write the database of the running server and ask its keeper."""
    with pytest.MonkeyPatch.context() as patched, closing(house.keeper()) as keeper:
        patched.setitem(connections["default"].settings_dict, "NAME", str(house.home / "server" / "gatehouse.db"))
        patched.setattr(settings, "HOME", house.home)
        patched.setattr(settings, "TEST_PROVIDER", True)
        for forget in (connections.close_all, bus.clear, feed.forget, asking.clear):
            forget()
        keeping.configure(keeper)
        moment.use(house.clock)
        try:
            with _logs_as_the_server(house.home / "logs" / "actions"):
                yield keeper
        finally:
            keeping.configure(None)
            connections.close_all()


@contextmanager
def _logs_as_the_server(folder: Path) -> Iterator[None]:
    root, written = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    logs.configure(folder)
    try:
        yield
    finally:
        root.handlers[0].close()
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**written)


def _opened_backup(house: House, into: Path) -> Path:
    """Written by `gatehouse backup`, and opened as only the key on paper can."""
    into.mkdir()
    paper, made = house.paper, house.back_up()
    assert paper is not None
    unpack(Path(made["data"]), opener(paper.secret), into)
    (into / "keys").write_bytes(open_file(Path(made["keys"]).read_bytes(), paper.secret))
    return into


def _made_here(cells: list[Found]) -> Iterator[Needle]:
    """A secret or a template is not ours to choose: what lies in the cell is the canary."""
    for cell in cells:
        yield from truth.needles(cell) if cell.label == "face.template/1" else [Needle("templates", cell.data)]


# --- every field ------------------------------------------------------------------------------------------------------


def test_every_label_has_a_canary_or_a_reason_for_none() -> None:
    """A new label of the keeper's gets a scene that writes it, or the reason why nobody can type anything into it."""
    assert sorted(LABELS.keys() - PLANTED_BY.keys() - NO_WORDS.keys()) == [], "these labels have no canary"
    assert sorted((PLANTED_BY.keys() | NO_WORDS.keys()) - LABELS.keys()) == [], "these are no labels"
    assert PLANTED_BY.keys() & NO_WORDS.keys() == set()


def test_every_canary_lies_in_the_cell_that_its_field_has(stolen: Stolen) -> None:
    """Planted is planted: opened by the keeper's own user, the cells say all of it."""
    assert sorted(PLANTED_BY.keys() - {where for where, _ in stolen.made.planted}) == []
    chosen = [(where, needle) for where, needle in stolen.made.planted if where in PLANTED_BY.keys() - set(MADE_HERE)]
    assert [(where, needle) for where, needle in chosen if not _lies_in(stolen.held[where], needle)] == []


def test_a_label_that_is_said_to_hold_no_words_holds_none(stolen: Stolen) -> None:
    told = [(label, stolen.read_in(cell.data)) for label in NO_WORDS for cell in stolen.held[label]]
    assert len(told) > 20
    assert [(label, found) for label, found in told if found] == []


def _lies_in(cells: list[Found], needle: Needle) -> bool:
    value = needle.value if isinstance(needle.value, bytes) else needle.value.encode()
    return any(value in cell.data for cell in cells)


# --- the thief's turn -------------------------------------------------------------------------------------------------


def test_no_canary_is_found_anywhere(stolen: Stolen, tmp_path: Path) -> None:
    assert stolen.finds(tmp_path) == {}
    looked_into = {path.relative_to(tmp_path).as_posix() for path in loot.files(tmp_path)}
    assert looked_into >= {
        "home/server/gatehouse.db", "home/server/gatehouse.db-wal", "home/logs/server.log", "home/logs/server.out",
        "home/logs/keeper.out", "home/logs/actions/server.log", "keepers/store.db", "opened/database.sqlite",
        "opened/keys",
    }  # fmt: skip
    for folder in ("home/server/incoming", "home/backups/data", "home/backups/keys", "keepers/log"):
        assert any(path.startswith(f"{folder}/") for path in looked_into), folder


def test_what_broke_is_in_the_logs_and_nobody_of_whom_it_was(stolen: Stolen) -> None:
    written = b"".join(path.read_bytes() for path in loot.files(stolen.home / "logs"))
    assert b"OperationalError" in written
    named = [one for one in stolen.people if one.encode() in written or one.replace("-", "").encode() in written]
    assert named == []


def test_the_same_search_finds_what_lies_open(stolen: Stolen, tmp_path: Path) -> None:
    """Name, card and contract in a framework's table, a log and a picture's folder; gone again, it finds nothing."""
    clear = {where: str(needle.value) for where, needle in reversed(stolen.made.planted)}
    with _in_the_clear(stolen.home, clear["person.name/1"], clear["credential.card/1"], clear["contest.words/1"]):
        found = stolen.finds(tmp_path / "first")
    assert found.keys() == {"person.name/1", "credential.card/1", "contest.words/1"}
    assert any("django_content_type" in place for place in found["person.name/1"])
    assert found["credential.card/1"] == {"home/logs/server.log"}
    assert found["contest.words/1"] == {"home/server/media/1.png (compressed)"}
    assert stolen.finds(tmp_path / "again") == {}


@contextmanager
def _in_the_clear(home: Path, in_table: str, in_log: str, in_media: str) -> Iterator[None]:
    log, picture = home / "logs" / "server.log", home / "server" / "media" / "1.png"
    before = log.read_bytes()
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(gzip.compress(in_media.upper().encode("utf-16")))
    log.write_bytes(before + f'{{"event": "card.read", "card": "{in_log.encode().hex()}"}}\n'.encode())
    with closing(sqlite3.connect(home / "server" / "gatehouse.db", isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=ON")
        database.execute("UPDATE django_content_type SET model = ? WHERE id = 1", (in_table,))
    try:
        yield
    finally:
        with closing(sqlite3.connect(home / "server" / "gatehouse.db", isolation_level=None)) as database:
            database.execute("PRAGMA secure_delete=ON")
            database.execute("UPDATE django_content_type SET model = 'model' WHERE id = 1")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        log.write_bytes(before)
        picture.unlink()
