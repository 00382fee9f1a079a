"""People come in with their photos: handed over in pieces, looked at, previewed, taken in once, taken back."""

import io
import os
import struct
import zipfile
from collections import Counter

import pytest
from tests.server.photo_zips import (
    AGREED,
    HEAD,
    astronaut,
    blurred,
    five_faults,
    hopper,
    jpeg,
    zipped,
)
from tests.server.world import SETUP

from gatehouse.domain.photo_files import BundleFault, NoBundle
from gatehouse.domain.photo_rows import Fate
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.interchange import bundles, looking, photos, queries, reading, running, sealed_file, undoing
from gatehouse.server.interchange.checking import check
from gatehouse.server.interchange.models import Import, ImportRow, ImportState, Made
from gatehouse.server.interchange.photos import NotTaken
from gatehouse.server.interchange.reading import SameFile
from gatehouse.server.interchange.sealed_file import Part
from gatehouse.server.people import looks
from gatehouse.server.people.cells import ConsentFacts, FaceQuality, unpack
from gatehouse.server.people.credential_actions import enrol_face, give_consent, withdraw_consent
from gatehouse.server.people.models import Consent, Credential, Person, Purpose


class Desk:
    """HR, who hands something over."""

    def __init__(self, world, monkeypatch, tmp_path):
        self.world, self.site, self.hr = world, world.site, world.operator(Role.HR)
        monkeypatch.setattr(sealed_file.settings, "HOME", tmp_path)
        monkeypatch.setattr(sealed_file, "LEAST_FREE", 0)
        self.folder = tmp_path / "server" / "incoming"

    @property
    def at(self):
        return self.world.now()

    def send(self, *files: tuple[str, bytes]) -> Import:
        task = photos.announce(self.site, [Part(name, len(data)) for name, data in files], by=self.hr, at=self.at)
        assert isinstance(task, Import), task
        whole = b"".join(data for _, data in files)
        for number in range(photos.pieces_of(task)):
            piece = whole[number * sealed_file.PIECE : (number + 1) * sealed_file.PIECE]
            assert photos.take_piece(task, number, piece) == number + 1
        return task

    def read(self, data: bytes, name: str = "people.zip") -> Import:
        task = photos.read(self.send((name, data)), by=self.hr, at=self.at)
        assert isinstance(task, Import), task
        return task

    def preview(self, data: bytes) -> Import:
        task = self.read(data)
        found = check(task, task.mapping, by=self.hr, at=self.at)
        assert isinstance(found, Import), found
        self.look(found)
        return found

    def look(self, task):
        for _ in range(50):
            looking.look_due()
            task.refresh_from_db()
            if task.state != ImportState.LOOKING:
                return

    def take(self, data: bytes) -> Import:
        task = self.preview(data)
        assert running.start(task, by=self.hr, at=self.at) is True
        self.carry_on(task)
        return task

    def carry_on(self, task):
        for _ in range(50):
            running.run_due()
            task.refresh_from_db()
            if task.state == ImportState.UNDOING:
                assert running.step(task, by=self.hr, at=self.at) is None
            if task.state in (ImportState.DONE, ImportState.UNDONE):
                return

    def people(self):
        found = looks.briefs(list(Person.objects.all()), self.hr.authority)
        return {one.brief.number: one.person for one in found}

    def with_faces(self):
        faces = set(Credential.objects.filter(kind="face", state="active").values_list("person", flat=True))
        return sorted(number for number, person in self.people().items() if person.pk in faces)


@pytest.fixture
def desk(world, monkeypatch, tmp_path):
    return Desk(world, monkeypatch, tmp_path)


def fates(task):
    return {row.number: row.face for row in ImportRow.objects.filter(task=task).order_by("number")}


def test_each_row_says_before_anything_is_taken_in_what_is_wrong_with_its_photo(desk):
    task = desk.preview(five_faults())
    assert task.state == ImportState.CHECKED
    assert fates(task) == {
        2: "ready", 3: "ready", 4: "several_faces", 5: "no_face", 6: "dark", 7: "small", 8: "no_consent",
    }  # fmt: skip
    assert (Person.objects.count(), Credential.objects.count(), queries.waiting(task).count()) == (0, 0, 7)


def test_everybody_comes_in_and_only_good_faces_of_people_who_agreed(desk):
    task = desk.take(five_faults())
    assert (task.state, task.made, task.known, task.faces) == ("done", 7, 0, 2)
    assert sorted(desk.people()) == [f"P-{n}" for n in range(1, 8)]
    assert desk.with_faces() == ["P-1", "P-2"]
    assert Counter(Credential.objects.values_list("kind", flat=True)) == {"face": 2, "card": 2}
    assert list(queries.flawed(task).values_list("number", "field", "flaw", "cell")) == [
        (4, "photo", "several_faces", None),
        (5, "photo", "no_face", None),
        (6, "photo", "dark", None),
        (7, "photo", "small", None),
        (8, "photo", "no_consent", None),
    ]
    consent = Consent.objects.get(person=desk.people()["P-1"])
    cell = keeping.cell("person.consent/1", consent.pk, consent.cell)
    word = unpack(keeping.reveal([cell], desk.hr.authority, "test")[0], ConsentFacts)
    assert (word.on.isoformat(), word.how, word.wording) == ("2026-03-02", "on paper", "face-at-gates/1 en")
    assert Consent.objects.count() == 2  # of nobody else: their word is of no use without a face


def test_how_good_a_picture_was_is_sealed_under_the_face_s_own_key(desk):
    desk.take(five_faults())
    face = Credential.objects.get(person=desk.people()["P-1"], kind="face")
    cell = keeping.cell("face.quality/1", face.pk, face.quality_cell)
    quality = unpack(keeping.reveal([cell], desk.hr.authority, "test")[0], FaceQuality)
    assert 45 <= quality.score <= 100
    on = desk.at.date()
    withdraw_consent(desk.people()["P-1"], Purpose.FACE, on=on, by=desk.hr, at=desk.at)
    assert keeping.reveal([cell], desk.hr.authority, "test") == [None]


def test_no_picture_lies_on_the_disk_in_clear_and_none_at_all_afterwards(desk):
    data = five_faults()
    task = desk.preview(data)
    (file,) = desk.folder.iterdir()
    lying = file.read_bytes()
    assert len(lying) > len(data)
    for clear in (b"PK\x03\x04", b"\xff\xd8\xff", b"lin.jpg", data[1000:1040]):
        assert clear not in lying
    assert os.stat(file).st_mode & 0o077 == 0
    assert os.stat(file).st_mtime % 86_400 == 0
    assert b"lin.jpg" not in bytes(task.file_cell)
    running.start(task, by=desk.hr, at=desk.at)
    desk.carry_on(task)
    assert task.file_cell is None
    assert list(desk.folder.iterdir()) == []


def test_the_key_of_the_file_is_shown_to_no_person(desk):
    task = desk.read(five_faults())
    cell = keeping.cell("import.file/1", task.pk, task.file_cell)
    for by in (desk.hr, desk.world.operator(Role.OWNER)):
        assert isinstance(keeping.reveal([cell], by.authority, "test"), Refused)


def test_an_import_is_undone_as_a_whole_faces_cards_people_and_keys(desk):
    task = desk.take(five_faults())
    person = desk.people()["P-1"]
    face = Credential.objects.get(person=person, kind="face")
    stolen = keeping.cell("face.quality/1", face.pk, face.quality_cell)
    assert undoing.undo(task, by=desk.hr, at=desk.at) is None
    desk.carry_on(task)
    assert (task.state, task.kept) == ("undone", 0)
    assert not any(model.objects.exists() for model in (Person, Credential, Consent, Made))
    assert keeping.reveal([stolen], desk.hr.authority, "test") == [None]
    again = desk.take(five_faults())
    assert (again.made, again.faces) == (7, 2)


def test_undoing_leaves_who_was_here_before_and_who_was_enrolled_anew_since(desk):
    here = desk.world.hire("P-1", "Lin Moss")
    task = desk.take(five_faults())
    assert (task.made, task.known, task.faces) == (6, 1, 2)
    enrol_face(desk.people()["P-2"], jpeg(astronaut()), by=SETUP, at=desk.at)
    assert undoing.undo(task, by=desk.hr, at=desk.at) is None
    desk.carry_on(task)
    assert desk.with_faces() == ["P-2"]
    assert set(desk.people()) == {"P-1", "P-2"}
    assert here.pk in {person.pk for person in Person.objects.all()}
    assert Consent.objects.count() == 1
    assert task.kept == 1  # with the word that the new face rests on


def test_nobody_is_enrolled_twice(desk):
    first = desk.take(five_faults())
    again = photos.read(desk.send(("other name.zip", five_faults())), by=desk.hr, at=desk.at)
    assert again == SameFile(first)
    assert len(list(desk.folder.iterdir())) == 0
    more = zipped(HEAD + f"P-1,Lin Moss,lin.jpg,{AGREED},Staff,\n", {"lin.jpg": jpeg(astronaut())})
    task = desk.preview(more)
    assert fates(task) == {2: "enrolled"}
    running.start(task, by=desk.hr, at=desk.at)
    desk.carry_on(task)
    assert (task.known, task.faces) == (1, 0)
    assert Credential.objects.filter(kind="face").count() == 2


def test_who_is_enrolled_by_hand_while_the_import_waits_keeps_that_face(desk):
    person = desk.world.hire("P-1", "Lin Moss")
    task = desk.preview(five_faults())
    running.start(task, by=desk.hr, at=desk.at)
    facts = ConsentFacts(on=desk.at.date(), wording="demo/1", taken_by="hr")
    give_consent(person, Purpose.FACE, facts, by=SETUP, at=desk.at)
    by_hand = enrol_face(person, jpeg(hopper()), by=SETUP, at=desk.at).credential
    desk.carry_on(task)
    assert list(Credential.objects.filter(person=person, kind="face")) == [by_hand]
    assert (task.faces, Consent.objects.filter(person=person).count()) == (1, 1)


def test_a_word_that_was_taken_back_is_not_brought_again_by_an_old_paper(desk):
    person = desk.world.hire("P-1", "Lin Moss")
    facts = ConsentFacts(on=desk.at.date(), wording="demo/1", taken_by="hr")
    give_consent(person, Purpose.FACE, facts, by=SETUP, at=desk.at)
    withdraw_consent(person, Purpose.FACE, on=desk.at.date(), by=desk.hr, at=desk.at)
    task = desk.take(five_faults())
    assert desk.with_faces() == ["P-2"]
    assert (2, "withdrawn") in queries.flawed(task).values_list("number", "flaw")


def test_no_picture_is_looked_at_of_somebody_who_did_not_agree(desk, monkeypatch):
    asked = []
    monkeypatch.setattr(looking, "portrait_of", lambda bundle, photo: asked.append(photo) or looking.Fault.NO_FACE)
    desk.preview(five_faults())
    assert "carl.jpg" not in asked
    assert len(asked) == 6


def test_a_kill_in_the_middle_leaves_whole_batches_and_the_next_look_goes_on(desk, monkeypatch):
    monkeypatch.setattr(running.photo_taking, "BATCH", 2)
    task = desk.preview(five_faults())
    running.start(task, by=desk.hr, at=desk.at)
    with bundles.opened(task) as bundle:
        assert running.take_some(task, at=desk.at, bundle=bundle) == 2

        def power_fails(*args, **kwargs):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(running.photo_taking.batches, "count", power_fails)  # the last write of a batch
            with pytest.raises(KeyboardInterrupt):
                running.take_some(task, at=desk.at, bundle=bundle)
    assert (Person.objects.count(), Credential.objects.filter(kind="face").count()) == (2, 2)
    desk.carry_on(task)
    assert (task.state, task.made, task.faces, Person.objects.count()) == ("done", 7, 2, 7)


def test_whoever_was_cut_off_goes_on_with_the_piece_that_is_wanted(desk, monkeypatch):
    monkeypatch.setattr(sealed_file, "PIECE", 40_000)
    monkeypatch.setattr(photos, "PIECE", 40_000)
    data = five_faults()
    task = photos.announce(desk.site, [Part("people.zip", len(data))], by=desk.hr, at=desk.at)
    pieces = [data[at : at + 40_000] for at in range(0, len(data), 40_000)]
    assert photos.pieces_of(task) == len(pieces) > 3
    assert photos.take_piece(task, 0, pieces[0]) == 1
    assert photos.take_piece(task, 0, pieces[0]) == 1  # the answer was lost
    assert photos.take_piece(task, 2, pieces[2]) == NotTaken("wrong_piece")
    assert photos.take_piece(task, 1, pieces[1][:-1]) == NotTaken("wrong_piece")
    assert photos.read(task, by=desk.hr, at=desk.at) == NotTaken("not_now")
    task = Import.objects.get()  # another process
    for number, piece in enumerate(pieces[1:], 1):
        assert photos.take_piece(task, number, piece) == number + 1
    assert isinstance(photos.read(task, by=desk.hr, at=desk.at), Import)


def test_files_side_by_side_do_as_well_as_a_zip(desk):
    table = HEAD + f"P-1,Lin Moss,,{AGREED},Staff,\n"
    sent = desk.send(("P-1.jpg", jpeg(hopper())), ("people.csv", table.encode()))
    task = photos.read(sent, by=desk.hr, at=desk.at)
    check(task, task.mapping, by=desk.hr, at=desk.at)
    desk.look(task)
    assert fates(task) == {2: "ready"}


def test_two_rows_that_name_one_picture_get_it_neither(desk):
    table = HEAD + f"P-1,Lin Moss,a.jpg,{AGREED},,\nP-2,Ada Byron,A.JPG,{AGREED},,\nP-3,Max Born,b.jpg,{AGREED},,\n"
    task = desk.preview(zipped(table, {"a.jpg": jpeg(hopper()), "c.jpg": jpeg(astronaut())}))
    assert fates(task) == {2: "shared", 3: "shared", 4: "missing"}


def test_columns_that_were_said_otherwise_leave_what_was_seen_of_a_picture(desk, monkeypatch):
    task = desk.preview(five_faults())
    before = fates(task)
    monkeypatch.setattr(looking, "read_portrait", lambda data: pytest.fail("looked at again"))
    check(task, dict(task.mapping), by=desk.hr, at=desk.at)
    desk.look(task)
    assert (task.state, fates(task)) == (ImportState.CHECKED, before)


def test_what_nobody_takes_in_goes_with_its_file(desk, clock):
    task = desk.preview(five_faults())
    assert reading.drop(task, by=desk.hr, at=desk.at)
    desk.folder.joinpath("f" * 32).write_bytes(b"left by a kill")
    running.sweep(desk.at)
    assert list(desk.folder.iterdir()) == []


# --- garbage ---


def lone(photo: bytes, name: str = "a.jpg") -> bytes:
    return zipped(HEAD + f"P-1,Lin Moss,{name},{AGREED},,\n", {name: photo})


def huge_png(side: int) -> bytes:
    """A PNG that says it is so large; there is next to nothing in it."""
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


PICTURES = {
    "empty": (b"", "no_image"),
    "text called jpg": (b"this is a letter", "no_image"),
    "truncated": (jpeg(hopper())[:9000], "no_image"),
    "a zip called jpg": (zipped("a", {}), "no_image"),
    "a gif": (b"GIF89a" + b"\0" * 40, "no_image"),
    "100 megapixels": (huge_png(10_000), "too_large"),
    "4 gigapixels": (huge_png(65_000), "too_large"),
    "a bomb of zeros": (b"\0" * (13 * 2**20), "too_large"),
    "blurred": (jpeg(blurred(hopper())), "blurred"),
}


@pytest.mark.parametrize("what", PICTURES)
def test_a_picture_that_is_none_costs_its_row_the_face_and_nothing_else(desk, what):
    picture, code = PICTURES[what]
    task = desk.take(lone(picture))
    assert (task.state, task.made, task.faces) == ("done", 1, 0)
    assert list(queries.flawed(task).values_list("field", "flaw")) == [("photo", code)]


def changed(data: bytes, change) -> bytes:
    """The archive with each member's entry changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            body = old.read(info)
            change(info)
            new.writestr(info, body)
    return out.getvalue()


def as_link(info):
    if info.filename == "a.jpg":
        info.external_attr = 0o120777 << 16


GOOD = lone(jpeg(hopper()))
BUNDLES = {
    "nothing of a zip": (b"hello" * 100, BundleFault.NOT_A_ZIP),
    "cut off": (GOOD[:-40], BundleFault.NOT_A_ZIP),
    "up and away": (zipped(HEAD + "P-1,A B,x,,,,,\n", {"../../etc/cron.d/x.jpg": b"x"}), BundleFault.PATH),
    "absolute": (zipped(HEAD + "P-1,A B,x,,,,,\n", {"/etc/x.jpg": b"x"}), BundleFault.PATH),
    "a drive": (zipped(HEAD + "P-1,A B,x,,,,,\n", {"C:\\x.jpg": b"x"}), BundleFault.PATH),
    "a link": (changed(GOOD, as_link), BundleFault.PATH),
    "a zip in it": (zipped(HEAD + "P-1,A B,x,,,,,\n", {"more.zip": GOOD}), BundleFault.NESTED),
    "no table": (zipped("x", {"a.jpg": b"x"}, "table.doc"), BundleFault.NO_TABLE),
    "two tables": (zipped(HEAD, {"b.csv": b"x", "a.jpg": b"x"}), BundleFault.TABLES),
    "no pictures": (zipped(HEAD + "P-1,A B,x,,,,,\n", {}), BundleFault.NO_PHOTOS),
    "a long list": (zipped(HEAD, {f"{n}.jpg": b"" for n in range(10_100)}), BundleFault.TOO_MANY),
}


@pytest.mark.parametrize("what", BUNDLES)
def test_a_hand_over_that_is_none_says_so_and_leaves_nothing(desk, what):
    data, code = BUNDLES[what]
    task = desk.send(("people.zip", data))
    with pytest.raises(NoBundle) as fault:
        photos.read(task, by=desk.hr, at=desk.at)
    assert fault.value.code is code
    assert (Import.objects.count(), list(desk.folder.iterdir())) == (0, [])


def test_an_archive_with_a_password_says_so(desk):
    data = bytearray(GOOD)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + at] |= 1
    with pytest.raises(NoBundle) as fault:
        photos.read(desk.send(("people.zip", bytes(data))), by=desk.hr, at=desk.at)
    assert fault.value.code is BundleFault.LOCKED


def test_a_member_that_lies_about_its_size_is_read_no_further_than_a_picture_goes(desk):
    bomb = bytearray(lone(b"\0" * (200 * 2**20)))
    size = struct.pack("<I", 200 * 2**20)
    while (place := bomb.find(size)) >= 0:
        bomb[place : place + 4] = struct.pack("<I", 1000)
    task = desk.preview(bytes(bomb))
    assert fates(task) == {2: "no_image"}


def test_methods_that_cannot_be_stopped_in_the_middle_are_not_unpacked(desk):
    table = HEAD + f"P-1,Lin Moss,a.jpg,{AGREED},,\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("people.csv", table)
        archive.writestr("a.jpg", jpeg(hopper()), compress_type=zipfile.ZIP_BZIP2)
    assert fates(desk.preview(out.getvalue())) == {2: "no_image"}


def test_names_in_the_letters_of_a_chinese_system_are_found(desk):
    table = f"工号,姓名,照片,同意日期,同意方式,同意语言\nP-1,王小明,小明.jpg,{AGREED}\n".encode("gbk")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("name.csv", table)
        archive.writestr(zipfile.ZipInfo("XXXX.jpg"), jpeg(hopper()))
    data = out.getvalue().replace(b"XXXX.jpg", "小明.jpg".encode("gbk"))
    assert fates(desk.preview(data)) == {2: "ready"}


def test_bytes_that_were_changed_at_random_never_break_anything(desk):
    """Where the change hits a name, a picture or the list: an answer, and nothing left behind."""
    import random

    dice = random.Random(7)
    for _ in range(25):
        data = bytearray(GOOD)
        for _ in range(dice.randint(1, 12)):
            data[dice.randrange(len(data) // 2, len(data))] = dice.randrange(256)
        task = desk.send(("people.zip", bytes(data)))
        try:
            read = photos.read(task, by=desk.hr, at=desk.at)
        except NoBundle:
            continue
        if isinstance(read, Import):
            if read.mapping:
                check(read, read.mapping, by=desk.hr, at=desk.at)
                desk.look(read)
                assert read.state == ImportState.CHECKED
            reading.drop(read, by=desk.hr, at=desk.at)
    assert list(desk.folder.iterdir()) == []
    assert Fate.WAITS not in ImportRow.objects.values_list("face", flat=True)
