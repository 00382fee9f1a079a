"""Somebody with the keeper's own user rewrites its log; a late letter comes for a day that is destroyed; and a person
who was erased is looked for in every place that remembers anything."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from tests.attacks.site import Attacked
from tests.server.world import EdgeSim

from gatehouse.crypto.signing import new_device_keys
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.local import enrol_edge
from gatehouse.keeper.log import read_records
from gatehouse.keeper.protocol import Cell, KeyClass, Owner, Plain, Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SITE, ZONE = "site-1", "Asia/Shanghai"
PERSON = (KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK)


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gatehouse", "audit", *map(str, words)], capture_output=True, text=True, timeout=120
    )


def framed(payloads: list[bytes]) -> bytes:
    return b"".join(struct.pack(">II", len(one), zlib.crc32(one)) + one for one in payloads)


TAMPERED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edited": lambda p: [one.replace(b"person.page", b"person.edit") for one in p],
    "cut": lambda p: p[:-2],
    "reordered": lambda p: [*p[:3], p[4], p[3], *p[5:]],
    "forked": lambda p: [*p[:5], *(one.replace(b"person", b"parson") for one in p[5:])],
}


@pytest.fixture
def kept(empty: Attacked, tmp_path: Path) -> tuple[Attacked, Path, str]:
    """A keeper that was looked at, the heads that an auditor took away, and the key that they were given."""
    heads = tmp_path / "heads.txt"
    with closing(empty.keeper()) as keeper:
        (cell,) = keeper.seal([Plain("person.name/1", Owner("ann"), "ann", b"Ann Example")])
        for _ in range(3):
            keeper.reveal([Cell("person.name/1", "ann", cell)], empty.sign_in(Role.HR), "person.page")
            assert command("head", "--home", empty.box.home, "--to", heads).returncode == 0
    with Inspector(empty.box.home) as inspector:
        return empty, heads, inspector.verify_key().hex()


def test_a_log_that_nobody_touched_is_verified(kept: tuple[Attacked, Path, str]) -> None:
    attacked, heads, key = kept
    log = attacked.box.home / "keeper" / "log" / "entries"
    done = command("verify", "--head", heads, "--log", log, "--key", key)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing was edited, cut or moved" in done.stdout


@pytest.mark.parametrize("deed", TAMPERED)
def test_a_log_that_was_edited_cut_reordered_or_forked_is_refused(
    kept: tuple[Attacked, Path, str], tmp_path: Path, deed: str
) -> None:
    attacked, heads, key = kept
    payloads = [payload for payload, _ in read_records(attacked.box.home / "keeper" / "log" / "entries")]
    changed = TAMPERED[deed](payloads)
    assert changed != payloads
    forged = tmp_path / "forged"
    forged.write_bytes(framed(changed))
    done = command("verify", "--head", heads, "--log", forged, "--key", key)
    assert done.returncode == 1
    assert "not as it was" in done.stderr
    assert "line" in done.stderr


def test_a_log_of_another_keeper_does_not_pass_for_this_one(kept: tuple[Attacked, Path, str], tmp_path: Path) -> None:
    attacked, heads, _ = kept
    log = attacked.box.home / "keeper" / "log" / "entries"
    assert command("verify", "--head", heads, "--log", log, "--key", "00" * 32).returncode == 1


def test_a_late_letter_does_not_recreate_a_destroyed_day(empty: Attacked) -> None:
    with closing(empty.keeper()) as keeper:
        sim = EdgeSim("edge-1", keeper.hello().seal_key)
        enrol_edge(empty.box.home, sim.id, SITE, ZONE, sim.keys.public())
        owner = empty.sign_in(Role.OWNER)
        today = empty.clock.now().date()
        at = empty.clock.now() - timedelta(days=3)
        never, known = sim.letter(empty.attempt(at=at)), sim.letter(empty.attempt())
        keeper.admit([known], {SITE: today})
        keeper.forget_days(SITE, today - timedelta(days=1), owner)
        with Inspector(empty.box.home) as inspector:
            before = inspector.days()
    empty.box.stop()
    empty.box.start_keeper()
    with closing(empty.keeper()) as keeper:
        (late,) = keeper.admit([never], {SITE: today})
        assert late.code == "day_destroyed"
    with Inspector(empty.box.home) as inspector:
        assert set(inspector.days()) <= set(before)


def test_an_erased_person_is_found_by_no_index_feed_or_cache(empty: Attacked) -> None:
    ann, card = str(uuid4()), str(uuid4())
    with closing(empty.keeper()) as keeper:
        sim = EdgeSim("edge-1", keeper.hello().seal_key)
        sim.keys = new_device_keys()
        enrol_edge(empty.box.home, sim.id, SITE, ZONE, sim.keys.public())
        plains = [
            Plain("person.name/1", Owner(ann), ann, b"Ann Example"),
            Plain("credential.card/1", Owner(ann), card, b"04A1B2C3"),
            Plain("face.template/1", Owner(ann), card, b"template"),
        ]
        cells = [Cell(one.label, one.row, data) for one, data in zip(plains, keeper.seal(plains), strict=True)]
        keeper.index(cells[:1])
        owner = empty.sign_in(Role.OWNER)
        token, today = owner.ticket or "", empty.clock.now().date()
        assert keeper.find("ann", token) == [ann]
        assert None not in keeper.reseal(sim.id, cells[1:], [ann, ann])
        (day_token,) = keeper.tokens(SITE, today, [ann], owner)
        assert keeper.who(SITE, today, [day_token], owner) == [ann]
        keeper.forget(ann, PERSON, owner)
    for _ in range(2):  # at once, and after a restart that reads everything anew
        with closing(empty.keeper()) as keeper:
            owner = empty.sign_in(Role.OWNER)
            keeper.index(cells[:1])
            assert keeper.find("ann", owner.ticket or "") == []
            assert keeper.reseal(sim.id, cells[1:], [ann, ann]) == [None, None]
            assert keeper.who(SITE, today, [day_token], owner) == [""]
            assert keeper.tokens(SITE, today, [ann], owner) == [b""]
            assert keeper.reveal(cells[:2], owner, "x") == [None, None]
        empty.box.stop()
        empty.box.start_keeper()
