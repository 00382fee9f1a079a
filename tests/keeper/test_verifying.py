"""The log against heads that were kept elsewhere: whatever was done to it is refused, and said where."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatehouse.crypto.merkle import sign_checkpoint
from gatehouse.crypto.signing import new_device_keys, public_sign_key
from gatehouse.keeper.certificate import NotProved, origin_of
from gatehouse.keeper.log import Log, read_records
from gatehouse.keeper.verifying import heads_of, verify_log

from .test_log import entry

KEEPER = new_device_keys().sign_key
KEY = public_sign_key(KEEPER)


def signed(log: Log, by: bytes = KEEPER) -> str:
    size, root = log.head()
    return sign_checkpoint(origin_of(public_sign_key(by)), size, root, by)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, list[str]]:
    """A log of twelve lines, and heads after the fourth, the eighth and the last."""
    log, heads = Log(tmp_path / "log"), []
    for number in range(12):
        log.append(entry(number))
        if number % 4 == 3:
            heads.append(signed(log))
    log.close()
    return log.path, heads


def rewritten(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    """A whole log of other lines, as somebody with the keeper's user would forge it."""
    import struct
    import zlib

    payloads = change([payload for payload, _ in read_records(path)])
    path.write_bytes(b"".join(struct.pack(">II", len(p), zlib.crc32(p)) + p for p in payloads))
    return path


def test_an_untouched_log_is_proved_by_the_heads_kept(kept: tuple[Path, list[str]]) -> None:
    path, heads = kept
    found = verify_log(path, KEY, heads[:2])
    assert (found.lines, found.proved, found.heads) == (12, 8, 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: [*p[:5], p[5].replace(b"test", b"tost"), *p[6:]], "lines 5 to 8"),
        (lambda p: [*p[:1], p[2], p[1], *p[3:]], "lines 1 to 4"),
        (lambda p: [*p[:9], *p[10:], p[0]], "lines 9 to 12"),
        (lambda p: [*p[:9], p[0], *p[9:]], "lines 9 to 12"),
        (lambda p: p[:9], "it has 9 lines, and a head was signed for 12"),
        (lambda p: [], "it has 0 lines, and a head was signed for 4"),
    ],
    ids=["edited", "reordered", "taken-out", "put-in", "cut", "emptied"],
)
def test_a_log_that_was_tampered_with_is_refused_and_it_is_said_where(
    kept: tuple[Path, list[str]], change: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    path, heads = kept
    with pytest.raises(NotProved, match=said):
        verify_log(rewritten(path, change), KEY, heads)


def test_two_signed_heads_of_one_size_are_a_fork(kept: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, heads = kept
    other = Log(tmp_path / "other")
    other.append(*(entry(number + 1) for number in range(8)))
    with pytest.raises(NotProved, match="forked: two different heads of 8 lines"):
        verify_log(path, KEY, [*heads, signed(other)])
    other.close()


def test_a_fork_that_shows_each_side_its_own_log_is_refused_by_the_other_sides_head(
    kept: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path, _ = kept
    other = Log(tmp_path / "other")
    other.append(*(entry(number if number < 6 else 99) for number in range(10)))
    with pytest.raises(NotProved, match="lines 1 to 10 are not those"):
        verify_log(path, KEY, [signed(other)])
    other.close()


def test_a_damaged_line_is_named(kept: tuple[Path, list[str]]) -> None:
    path, heads = kept
    data = bytearray(path.read_bytes())
    data[12] ^= 1
    path.write_bytes(data)
    with pytest.raises(NotProved, match="line 1 is damaged"):
        verify_log(path, KEY, heads)


def test_another_keepers_head_and_a_changed_head_prove_nothing(kept: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, heads = kept
    log = Log(path.parent)
    foreign = signed(log, new_device_keys().sign_key)
    log.close()
    with pytest.raises(NotProved, match="not one of the log"):
        verify_log(path, KEY, [foreign])
    with pytest.raises(NotProved, match="signature does not fit"):
        verify_log(path, KEY, [heads[0].replace("\n4\n", "\n5\n")])


def test_heads_that_were_appended_to_one_file_are_told_apart(kept: tuple[Path, list[str]]) -> None:
    path, heads = kept
    read = heads_of("\n".join(heads))
    assert verify_log(path, KEY, read).heads == 3
    assert heads_of("nothing of ours\n") == []
