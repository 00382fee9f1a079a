"""The keeper's own user can say what every blob of a copy is, while the keeper runs."""

import msgspec
import pytest

from gatehouse.crypto.errors import CryptoError
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import Admitted, KeyClass, Owner, PassageFacts, Plain

from .conftest import SITE, TODAY, Desk


def test_every_kind_of_cell_is_opened_with_its_label_and_owner(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    (books,) = desk.client.seal([Plain("stay.books/1", Owner(SITE, year=2026), "row-1", b"lines")])
    results = desk.client.admit(
        [desk.letter(desk.passage(subject=ann)), desk.letter(desk.passage(plate="京A12345", reason="visitor"))], {}
    )
    face, car = (result for result in results if isinstance(result, Admitted))
    assert car.lane is not None
    assert car.lane.stay is not None
    assert car.lane.plate_cell is not None
    with Inspector(desk.home) as inspector:
        found = inspector.try_open(name.data, ["other-row", ann])
        assert found is not None
        assert (found.label, found.owner, found.row, found.data) == ("person.name/1", ann, ann, b"Ann Example")
        passage = inspector.try_open(face.cell or b"", [face.id], token=face.token)
        assert passage is not None
        assert (passage.label, passage.owner) == ("passage.facts/1", ann)
        assert msgspec.msgpack.decode(passage.data, type=PassageFacts).subject == ann
        plate = inspector.try_open(car.lane.plate_cell, [car.lane.stay])
        assert plate is not None
        assert (plate.label, plate.data) == ("stay.plate/1", "京A12345".encode())
        line = inspector.try_open(books, ["row-1"])
        assert line is not None
        assert line.data == b"lines"


def test_what_is_no_cell_or_of_another_row_or_forgotten_is_none(desk: Desk) -> None:
    ann, name = desk.person()
    with Inspector(desk.home) as inspector:
        assert inspector.try_open(b"plain text", [ann]) is None
        assert inspector.try_open(name.data, ["another"]) is None
        assert inspector.try_open(name.data, [ann], labels=["person.brief/1"]) is None
        assert (inspector.is_cell(name.data), inspector.is_cell(b"plain text")) == (True, False)
    desk.forget(ann, KeyClass.IDENTITY)
    with Inspector(desk.home) as inspector:
        assert inspector.try_open(name.data, [ann]) is None


def test_it_knows_whose_tokens_the_rows_of_a_day_carry(desk: Desk) -> None:
    ann, _ = desk.person()
    results = desk.client.admit(
        [desk.letter(desk.passage(subject=ann)), desk.letter(desk.passage(plate="京A12345"))], {}
    )
    face, car = (result for result in results if isinstance(result, Admitted))
    with Inspector(desk.home) as inspector:
        assert inspector.people_of(SITE, TODAY) == {face.token: ann}
        assert inspector.person_token(SITE, TODAY, ann) == face.token
        assert inspector.person_token(SITE, TODAY, "nobody") is None
        assert inspector.plate_token(SITE, TODAY, "京 A·12345") == car.token
        assert inspector.subjects() == [ann]
        assert (SITE, TODAY) in inspector.days()
        assert inspector.people_of("site-9", TODAY) == {}
        assert inspector.plate_token("site-9", TODAY, "京A12345") is None


def test_looking_changes_nothing_of_the_keepers(desk: Desk) -> None:
    _, name = desk.person()
    before = {
        p: p.read_bytes() for p in (desk.home / "keeper").rglob("*") if p.is_file() and not p.name.endswith("-shm")
    }
    with Inspector(desk.home) as inspector:
        inspector.try_open(name.data, [name.row])
    after = {
        p: p.read_bytes() for p in (desk.home / "keeper").rglob("*") if p.is_file() and not p.name.endswith("-shm")
    }
    assert after == before


def test_without_a_store_it_says_so(desk: Desk) -> None:
    with pytest.raises((KeeperError, CryptoError)):
        Inspector(desk.home / "elsewhere")
