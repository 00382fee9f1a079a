import base64
import gzip
import io
import os
import sqlite3
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from gatehouse.drill import loot
from gatehouse.drill.needles import Needle, patterns, template_forms
from gatehouse.drill.search import Haystack

NAME = Needle("names", "Mirabel Holloway")
PLATE = Needle("plates", "川A12345")
CARD = Needle("cards", "0012345678")
ALL = [NAME, PLATE, CARD]


def haystack(needles: list[Needle] = ALL) -> Haystack:
    return Haystack((pattern, number) for number, needle in enumerate(needles) for pattern in patterns(needle))


def shown(data: bytes) -> set[int]:
    return haystack().hits(data)


@pytest.mark.parametrize(
    "hidden",
    [
        "川A12345".encode(),
        "川A·12345".encode(),
        "川a12345".encode(),
        "川A12345".encode("utf-16-le"),
        "川A12345".encode("utf-16-be"),
        "川A12345".encode("gb18030"),
        b"\\u5dddA12345",
        b"%E5%B7%9DA12345",
        "川A12345".encode().hex().encode(),
        base64.b64encode("川A12345".encode()),
        base64.b64encode("x川A12345".encode()),
        base64.urlsafe_b64encode("xx川A12345 and more".encode()),
    ],
)
def test_a_plate_is_found_however_it_was_written_down(hidden: bytes) -> None:
    noise = os.urandom(1000)
    assert shown(noise + hidden + noise) == {1}


@pytest.mark.parametrize("text", ["Mirabel Holloway", "Holloway, Mirabel", "MIRABEL", "mirabelholloway"])
def test_a_name_is_found_in_other_orders_and_by_its_parts(text: str) -> None:
    assert shown(text.encode()) == {0}


def test_a_plate_one_character_off_is_not_found() -> None:
    assert shown("川A12346 川B12345 A12345".encode()) == set()


def test_random_bytes_hold_no_needle() -> None:
    assert shown(os.urandom(3_000_000)) == set()


def test_a_needle_is_found_at_every_offset() -> None:
    for offset in range(20):
        assert shown(b"." * offset + b"0012345678" + b".") == {2}


def test_a_needle_is_found_inside_compressed_streams(tmp_path: Path) -> None:
    text = b"the card 0012345678 was lent"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        writing.writestr("inner.gz", gzip.compress(text))
    for name, data in {
        "a": gzip.compress(text),
        "b": b"head" + zlib.compress(text),
        "c": archive.getvalue(),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").write_bytes(data)
        found = set().union(*(shown(piece.data) for piece in loot.pieces(folder)))
        assert found == {2}, name


def test_a_needle_cut_over_a_databases_pages_is_found_as_a_value(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", ("-" * 4050 + "0012345678" * 900,))
    connection.commit()
    connection.close()
    assert 2 in set().union(*(shown(piece.data) for piece in loot.pieces(tmp_path)))


def test_a_deleted_row_is_found_in_the_raw_file(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES ('card 0012345678 of nobody')")
    connection.commit()
    connection.execute("DELETE FROM t")
    connection.commit()
    connection.close()
    assert 2 in set().union(*(shown(piece.data) for piece in loot.pieces(tmp_path)))


def test_the_folders_with_secrets_are_not_loot(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in ("keeper", "edge", "server", "logs", "server/keeper"):
        (home / folder).mkdir(parents=True, exist_ok=True)
        (home / folder / "file").write_text("x")
    assert loot.copy_home(home, tmp_path / "loot") == 3
    assert not (tmp_path / "loot" / "keeper").exists()
    assert (tmp_path / "loot" / "server" / "keeper" / "file").exists()


def test_part_of_a_template_is_found_also_as_half_or_double_precision_or_json() -> None:
    vector = np.random.default_rng(1).normal(size=128).astype("<f4")
    forms = list(template_forms(vector.tobytes()))
    hay = haystack([Needle("templates", form) for form in forms])
    assert hay.hits(b"xx" + vector.tobytes()[200:400])
    assert hay.hits(vector.astype("<f2").tobytes())
    assert hay.hits(vector.astype("<f8").tobytes())
    assert hay.hits(str([float(value) for value in vector]).encode())
    assert not hay.hits((vector + 1).astype("<f4").tobytes())
