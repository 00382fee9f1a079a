"""Key snapshots: when they are written, for whom, for how long; and a keeper that is made again out of them."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gatehouse.crypto.agefile import Identity, new_identity, open_file, recipient_key, seal_file
from gatehouse.crypto.keyring import bearer_hash
from gatehouse.keeper import local, logcopies, snapshots
from gatehouse.keeper.protocol import Authority, KeyClass, Role
from gatehouse.keeper.restoring import restore_keys
from gatehouse.keeper.rules import JOBS
from gatehouse.keeper.snapshots import SnapshotFault, open_snapshot

from .conftest import EDGE, START, Desk

Refusal = Callable[[Callable[[], object]], str]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def recovery(desk: Desk) -> Identity:
    """The recovery key of the desk's keeper, kept on paper."""
    made = new_identity()
    desk.client.keep_recovery(made.recipient, local.shell_authority(desk.home))
    return made


def copies(desk: Desk) -> Path:
    return desk.home / "backups" / "keys"


def taken(desk: Desk) -> list[Path]:
    return snapshots.listed(copies(desk))


def look(desk: Desk, *after: timedelta) -> int:
    """The keeper's own look at what is due, after each of these; how many snapshots there are."""
    for by in after or (timedelta(),):
        desk.clock.forward(by)
        desk.service.vault.upkeep.look(desk.clock.now())
    return len(taken(desk))


def newest(desk: Desk, recovery: Identity) -> snapshots.Snapshot:
    return open_snapshot(taken(desk)[0].read_bytes(), recovery.secret)


# --- when -------------------------------------------------------------------------------------------------------------


def test_without_a_recovery_key_nothing_is_written(desk: Desk, refusal: Refusal) -> None:
    desk.person()
    assert look(desk, DAY, HOUR) == 0
    assert refusal(lambda: desk.client.take_snapshot(local.shell_authority(desk.home))) == "no_recovery_key"
    assert desk.client.keys().recipient == ""


def test_there_is_one_at_once_one_an_hour_and_one_after_a_batch(desk: Desk, recovery: Identity) -> None:
    assert look(desk) == 1
    assert look(desk, timedelta(minutes=30), timedelta(minutes=29)) == 1
    assert look(desk, timedelta(minutes=2)) == 2
    for _ in range(3):
        desk.person()
        assert look(desk, timedelta(seconds=5)) == 2  # the batch goes on
    before = newest(desk, recovery).data_keys()
    look(desk, timedelta(seconds=5))
    assert len(newest(desk, recovery).data_keys()) == len(before) + 2 * 3  # identity and access


def test_a_batch_without_an_end_gets_one_within_a_minute(desk: Desk, recovery: Identity) -> None:
    look(desk)
    before = newest(desk, recovery).made_at
    for _ in range(13):
        desk.person()
        look(desk, timedelta(seconds=6))
    assert newest(desk, recovery).made_at > before


def test_an_erasure_is_in_a_snapshot_within_seconds(desk: Desk, recovery: Identity) -> None:
    ann, _ = desk.person()
    look(desk, timedelta(seconds=5), timedelta(seconds=5))
    assert ann in {ref.owner for ref in newest(desk, recovery).data_keys()}
    desk.forget(ann, KeyClass.IDENTITY, KeyClass.ACCESS)
    look(desk, timedelta(seconds=5), timedelta(seconds=5))
    assert ann not in {ref.owner for ref in newest(desk, recovery).data_keys()}
    assert ann in {ref.owner for ref in newest(desk, recovery).tombstones()}


def test_hours_of_a_day_days_of_a_week_and_nothing_longer(desk: Desk, recovery: Identity) -> None:
    look(desk, *[HOUR] * 24 * 10)
    kept = [desk.clock.now() - (snapshots.time_of(path) or START) for path in taken(desk)]
    assert max(kept) <= timedelta(days=7)
    assert [round(age / HOUR) for age in kept if age <= DAY] == list(range(25))
    older = [age for age in kept if age > DAY]
    assert len(older) in (6, 7)  # one a date, and of the date that is a day ago perhaps two
    assert min(abs(a - b) for a in older for b in older if a != b) >= HOUR


def test_the_last_one_stays_however_old(desk: Desk, recovery: Identity) -> None:
    assert snapshots.too_many(taken(desk), desk.clock.now() + timedelta(days=400)) == []


def test_what_goes_is_overwritten_first(desk: Desk, recovery: Identity) -> None:
    old = taken(desk)[0]
    kept = old.with_suffix(".link")
    os.link(old, kept)
    look(desk, timedelta(days=8))
    assert not old.exists()
    assert set(kept.read_bytes()) == {0}


def test_a_folder_that_cannot_be_written_is_told_and_tried_again(desk: Desk, recovery: Identity) -> None:
    before = taken(desk)
    folder = copies(desk)
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("in the way")
    assert look(desk, HOUR) == 0
    assert desk.client.keys().fault
    assert '"fault":""' not in (desk.home / "keeper" / "status.json").read_text()
    folder.unlink()
    folder.with_name("elsewhere").rename(folder)
    look(desk, timedelta(seconds=30))
    assert taken(desk) == before  # not every five seconds
    assert look(desk, timedelta(seconds=31)) == len(before) + 1
    assert desk.client.keys().fault == ""


# --- for whom ---------------------------------------------------------------------------------------------------------


def test_only_the_shell_says_who_can_recover(desk: Desk, refusal: Refusal) -> None:
    thief = new_identity().recipient
    for by in (desk.sign_in(Role.OWNER), desk.sign_in(Role.HR), *(Authority(job=job) for job in JOBS)):
        assert refusal(lambda by=by: desk.client.keep_recovery(thief, by)) == "not_allowed"
        assert refusal(lambda by=by: desk.client.rehearsed(by)) == "not_allowed"
        assert refusal(lambda by=by: desk.client.roll("root", by)) == "not_allowed"
    assert refusal(lambda: desk.client.keep_recovery(thief, Authority())) == "no_ticket"
    assert refusal(lambda: desk.client.keep_recovery("age1no", local.shell_authority(desk.home))) == "bad_request"
    assert desk.client.keys().recipient == ""


def test_a_roll_and_a_snapshot_are_for_those_of_the_table(desk: Desk, recovery: Identity, refusal: Refusal) -> None:
    assert desk.client.roll("kek", desk.sign_in(Role.OWNER)) > 1
    assert refusal(lambda: desk.client.roll("kek", desk.sign_in(Role.HR))) == "not_allowed"
    assert desk.client.take_snapshot(Authority(job="backup")).exists()
    for by in (desk.sign_in(Role.OWNER), Authority(job="feed")):
        assert refusal(lambda by=by: desk.client.take_snapshot(by)) == "not_allowed"


def test_another_recovery_key_takes_the_copies_of_the_first_away(desk: Desk, recovery: Identity) -> None:
    look(desk, HOUR, HOUR, DAY, HOUR)
    assert len(taken(desk)) == 3
    desk.client.rehearsed(local.shell_authority(desk.home))
    assert desk.client.keys().rehearsed_at is not None
    desk.clock.forward(timedelta(minutes=1))
    second = new_identity()
    desk.client.keep_recovery(second.recipient, local.shell_authority(desk.home))
    assert desk.client.keys().rehearsed_at is None
    (left,) = taken(desk)
    assert open_snapshot(left.read_bytes(), second.secret).data_keys()
    for path in copies(desk).iterdir():
        with pytest.raises(Exception, match="sealed to another"):
            open_file(path.read_bytes(), recovery.secret)


def test_a_snapshot_shows_nothing_without_the_key_and_no_ticket_with_it(desk: Desk, recovery: Identity) -> None:
    ann, _ = desk.person()
    token = desk.sign_in().ticket or ""
    look(desk, HOUR)
    data = b"".join(path.read_bytes() for path in copies(desk).iterdir())
    assert ann.encode() not in data
    plain = msgspec.msgpack.encode(newest(desk, recovery))
    assert ann.encode() in plain
    assert snapshots.EPHEMERAL & set(newest(desk, recovery).tables) == set()
    assert bearer_hash(token) not in plain


# --- what is wrong with one -------------------------------------------------------------------------------------------


def _flip(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_flip, "damaged"),
        (lambda data: data[:-100], "damaged"),
        (lambda data: b"", "no_copy"),
        (lambda data: b"hello", "no_copy"),
    ],
    ids=["changed", "cut", "empty", "else"],
)
def test_a_spoiled_snapshot_is_said(desk: Desk, recovery: Identity, spoil: Callable[[bytes], bytes], code: str) -> None:
    with pytest.raises(SnapshotFault) as caught:
        open_snapshot(spoil(taken(desk)[0].read_bytes()), recovery.secret)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("inside", "code"),
    [(b"GHK\x02rest", "other_version"), (b"GHL\x01rest", "no_copy"), (b"GHK\x01rest", "damaged"), (b"", "no_copy")],
)
def test_an_age_file_of_something_else_is_said(inside: bytes, code: str) -> None:
    me = new_identity()
    with pytest.raises(SnapshotFault) as caught:
        open_snapshot(seal_file(inside, recipient_key(me.recipient)), me.secret)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("secret", "code"),
    [(new_identity().secret, "wrong_key"), ("AGE-SECRET-KEY-1X", "no_key")],
    ids=["another's", "no key"],
)
def test_a_wrong_recovery_key_is_said(desk: Desk, recovery: Identity, secret: str, code: str) -> None:
    with pytest.raises(SnapshotFault) as caught:
        open_snapshot(taken(desk)[0].read_bytes(), secret)
    assert caught.value.code == code


# --- the nightly roll -------------------------------------------------------------------------------------------------


def test_every_night_the_keys_are_wrapped_anew(desk: Desk) -> None:
    _, cell = desk.person()
    store, keks = desk.service.vault.store, []
    for _ in range(3):
        look(desk, timedelta(hours=12), timedelta(hours=12), timedelta(minutes=1))
        keks.append(store._kek)
    assert len(set(keks)) == 3
    assert desk.client.reveal([cell], desk.sign_in(), "x") == [b"Ann Example"]
    desk.restart()
    assert desk.client.reveal([cell], desk.sign_in(), "x") == [b"Ann Example"]


# --- made again -------------------------------------------------------------------------------------------------------


def again(desk: Desk, recovery: Identity, chosen: int = 0, **how: object) -> Desk:
    """Another machine on which the keeper is made again out of the copies."""
    opened = [open_snapshot(path.read_bytes(), recovery.secret) for path in taken(desk)]
    other = Desk(desk.home / "other", clock=desk.clock, keys=desk.keys, seq=desk.seq)
    words = {"log_copies": logcopies.listed(copies(desk)), "without_edge": "", "now": desk.clock.now()} | how
    restore_keys(
        other.home / "keeper", opened[chosen], opened[:chosen] + opened[chosen + 1 :], secret=recovery.secret, **words
    )
    return other


def test_a_keeper_made_again_reads_signs_and_remembers(desk: Desk, recovery: Identity) -> None:
    ann, cell = desk.person()
    owner = desk.sign_in()
    desk.client.reveal([cell], owner, "before")
    hello, secret = desk.client.hello(), desk.client.secret("django")
    look(desk, timedelta(seconds=5), timedelta(seconds=5))
    admitted = desk.client.admit([desk.letter(desk.passage(subject=ann))], {})
    other = again(desk, recovery)
    other.start()
    try:
        assert (other.client.hello(), other.client.secret("django")) == (hello, secret)
        assert other.client.reveal([cell], other.sign_in(), "after") == [b"Ann Example"]
        looks = other.client.looks(ann, other.sign_in().ticket or "")
        assert {"before", "after"} <= {one.purpose for one in looks}
        letter = other.letter(other.passage(subject=ann))  # of an edge that nobody has to enrol again
        assert other.client.admit([letter], {})[0].token == admitted[0].token
        with pytest.raises(Exception, match="no_ticket"):
            other.client.whoami(owner.ticket or "")
        root = (other.home / "keeper" / "root.key").read_bytes()
        assert root != (desk.home / "keeper" / "root.key").read_bytes()
    finally:
        other.stop()


def test_whoever_was_erased_after_the_snapshot_stays_erased(desk: Desk, recovery: Identity) -> None:
    ann, cell = desk.person()
    _, other_cell = desk.person("Ben Example")
    look(desk, HOUR)
    desk.forget(ann, KeyClass.IDENTITY)
    look(desk, HOUR)
    assert ann in {ref.owner for ref in open_snapshot(taken(desk)[1].read_bytes(), recovery.secret).data_keys()}
    other = again(desk, recovery, chosen=1, log_copies=[])
    other.start()
    try:
        assert other.client.reveal([cell, other_cell], other.sign_in(), "x") == [None, b"Ben Example"]
    finally:
        other.stop()


def test_whoever_came_back_after_an_erasure_is_not_erased_again(desk: Desk, recovery: Identity) -> None:
    ann, _ = desk.person()
    desk.forget(ann, KeyClass.IDENTITY)
    new = desk.sealed("person.name/1", ann, "Ann Example")
    look(desk, HOUR, HOUR)
    other = again(desk, recovery, chosen=1)
    other.start()
    try:
        assert other.client.reveal([new], other.sign_in(), "x") == [b"Ann Example"]
    finally:
        other.stop()


def test_an_edge_whose_key_was_lost_is_let_in_no_more(desk: Desk, recovery: Identity) -> None:
    look(desk, HOUR)
    other = again(desk, recovery, without_edge=EDGE)
    other.start()
    try:
        assert other.client.admit([other.letter(other.passage())], {})[0].code == "unknown_edge"
    finally:
        other.stop()


@pytest.mark.parametrize(("lost", "code"), [(0, "log_gap"), (-1, "log_short")])
def test_a_log_with_a_hole_is_said(desk: Desk, recovery: Identity, lost: int, code: str) -> None:
    for _ in range(60):
        desk.sign_in()
        look(desk, HOUR)
    paths = logcopies.listed(copies(desk))
    assert len(paths) >= 3
    del paths[lost]
    with pytest.raises(SnapshotFault) as caught:
        again(desk, recovery, log_copies=paths)
    assert caught.value.code == code


def test_a_log_of_another_keeper_is_said(desk: Desk, recovery: Identity, tmp_path: Path) -> None:
    look(desk, HOUR)
    forged = tmp_path / "log-000000000000.age"
    forged.write_bytes(seal_file(b"GHL\x01", recipient_key(recovery.recipient)))
    with pytest.raises(SnapshotFault) as caught:
        again(desk, recovery, log_copies=[forged])
    assert caught.value.code == "log_short"
