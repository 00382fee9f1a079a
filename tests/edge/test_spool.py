import sqlite3
import time
from contextlib import closing
from datetime import timedelta

import pytest
from tests.edge.world import EDGE, NOW, file_bytes, fill, integrity, make_room

from gatehouse.crypto.signing import new_device_keys
from gatehouse.edge import config
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.spool import KEEP_DAYS, Mark, Pending, Spool
from gatehouse.wire import Attempt, GateEvent, decode_letters, encode


def event(number, at=NOW):
    return GateEvent(id=f"event-{number}", gate="door", at=at, kind="forced")


def attempt(own="attempt-1", subject="ada", plate=None, gate="door", at=NOW):
    return Attempt(
        id=own,
        gate=gate,
        at=at,
        seen_at=at,
        direction="in",
        means="face",
        subject=subject,
        plate=plate,
        granted=True,
        reason="rule",
    )


def test_letters_are_numbered_from_one_without_gaps_and_only_the_keeper_reads_them(world, spool):
    for number in range(3):
        spool.append([event(2 * number), event(2 * number + 1)], at=NOW)
    assert [letter.seq for letter in spool.batch()] == [1, 2, 3, 4, 5, 6]
    assert [body.id for body in world.bodies(spool)] == [f"event-{n}" for n in range(6)]


def test_the_server_can_decode_a_batch(spool):
    spool.append([event(1)], at=NOW)
    assert decode_letters(encode(spool.batch())) == spool.batch()


def test_a_stolen_spool_shows_no_person_and_no_plate(world, spool):
    granted = attempt(subject="person-ada-0042", plate="京A12345")
    once = Mark("pass", "pass-of-ada-0042", NOW + timedelta(hours=1))
    spool.append([granted], at=NOW, pending=Pending(granted, NOW + timedelta(seconds=15)), once=once)
    stolen = file_bytes(world.home)
    assert b"attempt-1" in stolen  # the search finds what is there
    for secret in ("person-ada-0042", "京A12345", "A12345", "pass-of-ada"):
        assert secret.encode() not in stolen
        assert secret.encode("utf-16-le") not in stolen


def test_numbering_goes_on_after_a_restart_and_after_everything_was_dropped(world, spool):
    spool.append([event(1), event(2)], at=NOW)
    assert spool.acknowledge(2) == 2
    spool.close()
    again = world.spool()
    again.append([event(3)], at=NOW)
    assert [letter.seq for letter in again.batch()] == [3]
    again.close()


def test_what_the_server_confirmed_is_gone_from_the_files(world, spool):
    spool.append([event(1), event(2)], at=NOW)
    first = spool.batch()[0].body
    assert first in file_bytes(world.home)
    assert spool.acknowledge(1) == 1
    assert first not in file_bytes(world.home)
    assert [letter.seq for letter in spool.batch()] == [2]


def test_the_same_receipt_twice_drops_nothing_more(spool):
    spool.append([event(1), event(2), event(3)], at=NOW)
    assert (spool.acknowledge(2), spool.acknowledge(2), spool.acknowledge(1)) == (2, 0, 0)
    assert spool.waiting() == 1


def test_a_mark_is_taken_once_and_then_nothing_is_written(world, spool):
    once = Mark("pass", "pass-1", NOW + timedelta(hours=1))
    assert spool.append([event(1)], at=NOW, once=once)
    assert not spool.append([event(2)], at=NOW, once=once)
    assert [body.id for body in world.bodies(spool)] == ["event-1"]
    assert spool.taken("pass", "pass-1")
    assert not spool.taken("opening", "pass-1")


def test_a_mark_that_was_let_go_can_be_taken_again(spool):
    once = Mark("pass", "pass-1", NOW + timedelta(hours=1))
    spool.append([event(1)], at=NOW, once=once)
    spool.append([event(2)], at=NOW, frees=[once])
    assert spool.append([event(3)], at=NOW, once=once)


def test_marks_are_forgotten_when_they_end(spool):
    spool.append([event(1)], at=NOW, once=Mark("pass", "pass-1", NOW + timedelta(hours=1)))
    spool.expire(NOW + timedelta(minutes=59))
    assert spool.taken("pass", "pass-1")
    spool.expire(NOW + timedelta(hours=1))
    assert not spool.taken("pass", "pass-1")


def test_a_grant_is_in_force_for_the_same_one_at_the_same_gate_until_it_ends(spool):
    granted, until = attempt(), NOW + timedelta(seconds=15)
    spool.append([granted], at=NOW, pending=Pending(granted, until))
    assert spool.in_force(attempt("other"), NOW) == until
    assert spool.in_force(attempt("other"), until) is None
    assert spool.in_force(attempt("other", subject="bob"), NOW) is None
    assert spool.in_force(attempt("other", gate="back"), NOW) is None
    spool.append([event(1)], at=NOW, settled=granted.id)
    assert spool.in_force(attempt("other"), NOW) is None


def test_who_passed_is_remembered_until_the_grant_would_have_ended(spool):
    granted, until = attempt(), NOW + timedelta(seconds=15)
    spool.append([granted], at=NOW, pending=Pending(granted, until))
    spool.append([event(1)], at=NOW, passed=granted.id)
    assert spool.pending("door") == []
    assert spool.passed("door", NOW) == [Pending(granted, until)]
    assert spool.passed("door", until) == []


def test_a_waiting_grant_comes_back_whole_after_a_restart(world, spool):
    granted = attempt(plate="京A12345")
    spool.append([granted], at=NOW, pending=Pending(granted, NOW + timedelta(seconds=15)))
    spool.close()
    again = world.spool()
    assert again.pending("door") == [Pending(granted, NOW + timedelta(seconds=15))]
    assert again.pending("back") == []
    again.close()


def test_another_device_s_grants_are_nobody_s_here(world, spool):
    granted = attempt()
    spool.append([granted], at=NOW, pending=Pending(granted, NOW + timedelta(seconds=15)))
    thief = Spool(config.spool_path(world.home), edge=EDGE, keys=new_device_keys(), keeper_seal_key=b"\x05" * 32)
    assert thief.pending("door") == []
    thief.close()


def test_a_full_disk_writes_nothing_at_all_and_numbers_stay_without_gaps(world, spool):
    spool.append([event(0)], at=NOW)
    fill(spool)
    written = spool.waiting()
    assert spool.last_seq() == written
    make_room(spool)
    spool.append([event(100)], at=NOW)
    assert spool.last_seq() == written + 1
    assert world.bodies(spool)[-1].id == "event-100"


def test_a_file_that_is_no_spool_is_refused(world):
    config.spool_path(world.home).write_bytes(b"this is no database" * 100)
    with pytest.raises(SpoolFailed):
        world.spool()


def test_after_thirty_days_facts_are_lost_but_no_number(world, spool):
    spool.append([attempt("old", plate="京A12345")], at=NOW)
    spool.append([event(2)], at=NOW + timedelta(days=1))
    before = spool.batch()[0].body
    assert spool.expire(NOW + timedelta(days=KEEP_DAYS)) == 0
    assert spool.expire(NOW + timedelta(days=KEEP_DAYS + 1)) == 1
    assert spool.expire(NOW + timedelta(days=KEEP_DAYS + 1)) == 0
    bodies = world.bodies(spool)
    assert [type(body).__name__ for body in bodies] == ["GateEvent", "GateEvent"]
    assert [body.kind for body in bodies] == ["expired", "forced"]
    assert spool.batch()[0].body != before


def test_a_batch_is_bounded(spool):
    for _ in range(3):
        spool.append([event(n) for n in range(100)], at=NOW)
    assert [letter.seq for letter in spool.batch()] == list(range(1, 201))


def test_no_gate_waits_for_another_process_that_reads_while_letters_are_dropped(world, spool):
    spool.append([event(1), event(2)], at=NOW)
    with closing(sqlite3.connect(config.spool_path(world.home))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM letter").fetchall()
        began = time.monotonic()
        assert spool.acknowledge(1) == 1
        assert time.monotonic() - began < 2.0
    assert spool.acknowledge(2) == 1
    assert (world.home / "edge" / "spool.db-wal").stat().st_size == 0


def test_the_file_is_for_this_user_only_and_survives_a_power_cut(world, spool):
    spool.append([event(1)], at=NOW)
    assert config.spool_path(world.home).stat().st_mode & 0o777 == 0o600
    assert spool._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    assert spool._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert integrity(world.home) == "ok"


def test_waiting_letters_are_readable_by_another_process_while_gates_write(world, spool):
    spool.append([event(1)], at=NOW)
    with sqlite3.connect(config.spool_path(world.home)) as other:
        assert other.execute("SELECT count(*) FROM letter").fetchone() == (1,)
