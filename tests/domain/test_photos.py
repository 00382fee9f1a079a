"""Photos of people: which names are trusted, whose picture is whose, who may be enrolled, what a picture lacks."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.photo_files import Photos, folded, folder_and_name
from gatehouse.domain.photo_rows import Consent, Fate, PhotoRow, Stand, fate_of, read_photo_row
from gatehouse.domain.portraits import LEAST, Fault, Grade, Quality, fault_of, grade_of, light_of
from gatehouse.domain.table_columns import Kind, guess, missing
from gatehouse.domain.table_rows import Around, Flaw, Flawed

AROUND = Around(ZoneInfo("Asia/Shanghai"), datetime(2026, 6, 10, 17, 0, tzinfo=UTC), date(2026, 5, 1))
HEAD = ("工号", "姓名", "照片", "同意日期", "同意方式", "同意语言", "卡号")
COLUMNS = guess(Kind.PHOTOS, HEAD)


def row(number="P-1", name="Lin Moss", photo="", on="2026-03-02", how="on paper", language="zh", card=""):
    return read_photo_row(COLUMNS, (number, name, photo, on, how, language, card), AROUND)


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg",
        "a/../../b.jpg",
        "/etc/a.jpg",
        "\\\\host\\a.jpg",
        "C:\\a.jpg",
        "a\0.jpg",
        "a\n.jpg",
        "",
        "/",
        "x" * 256,
    ],
)
def test_a_name_that_leads_out_of_its_folder_is_no_name(name):
    assert folder_and_name(name) is None


@given(st.text(max_size=60))
def test_no_name_that_is_taken_climbs_or_begins_anew(name):
    parts = folder_and_name(name)
    assert parts is None or (".." not in parts and "" not in parts and not any("/" in one for one in parts))


def test_a_picture_is_found_by_its_name_with_folder_or_ending_or_without_or_by_the_staff_number():
    photos = Photos.of(["faces/Lin.JPG", "S-12.png", "a/same.jpg", "b/same.jpg"])
    assert photos.find("faces/lin.jpg", "") == photos.find("LIN.jpg", "") == photos.find("lin", "") == "faces/Lin.JPG"
    assert photos.find("", "s-12") == "S-12.png"
    assert photos.find("same.jpg", "") is None  # two of them
    assert photos.find("a/same.jpg", "") == "a/same.jpg"
    assert photos.find("nobody.jpg", "S-12") is None  # what is named counts, not what the number would find


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(name):
    assert folded(folded(name)) == folded(name)


def test_only_the_staff_number_has_to_be_there():
    assert missing(Kind.PHOTOS, guess(Kind.PHOTOS, ("number", "file name"))) == ()
    assert missing(Kind.PHOTOS, guess(Kind.PHOTOS, ("name",))) == ("number",)


def test_a_consent_is_a_date_how_it_was_given_and_a_language_or_none_that_counts():
    assert row().consent == Consent(date(2026, 3, 2), "on paper", "zh")
    assert row(on="", how="", language="").consent is None
    for part in ("on", "how", "language"):
        assert row(**{part: ""}).consent is Fate.CONSENT_UNCLEAR
    assert row(on="03/04/2026").consent is Fate.CONSENT_UNCLEAR
    assert row(on="2026-06-11").consent == Consent(date(2026, 6, 11), "on paper", "zh")  # the site's date, past 1 a.m.
    assert row(on="2026-06-12").consent is Fate.CONSENT_AHEAD


def test_who_is_meant_is_a_question_of_its_own():
    assert row(number="P 1") == Flawed("number", Flaw.SPACE)
    assert row(card="04-A1") == Flawed("card", Flaw.BAD_CARD)
    nameless = row(name="")
    assert isinstance(nameless, PhotoRow)
    assert (nameless.named, nameless.card, row(card="04 a1").card) == (False, "", "04A1")


@pytest.mark.parametrize("stand", Stand)
@pytest.mark.parametrize(
    "said", [row(), row(photo="x.jpg"), row(on="", how="", language="")], ids=["word", "names", "none"]
)
@pytest.mark.parametrize("photo", [None, "x.jpg"])
def test_a_picture_is_looked_at_only_with_a_word_that_was_not_taken_back(said, photo, stand):
    fate = fate_of(said, photo, stand)
    agreed = stand is Stand.AGREED or (stand is Stand.UNKNOWN and isinstance(said.consent, Consent))
    assert (fate is Fate.WAITS) == (photo is not None and agreed)


PARTS = st.floats(0, 1)


@given(PARTS, PARTS, PARTS, PARTS, st.floats(0, 255))
def test_a_picture_is_as_good_as_its_worst_part_and_has_a_fault_below_the_least(light, sharp, pose, size, level):
    quality = Quality(light, sharp, pose, size)
    assert (fault_of(quality, level) is None) == (quality.worst >= LEAST)
    assert 0 <= quality.score <= 100


def test_the_worst_part_is_what_is_said():
    assert fault_of(Quality(1, 1, 1, 0.1), 120) is Fault.SMALL
    assert fault_of(Quality(1, 0.1, 0.2, 1), 120) is Fault.BLURRED
    assert fault_of(Quality(1, 0.2, 0.1, 1), 120) is Fault.TURNED
    assert fault_of(Quality(light_of(25), 1, 1, 1), 25) is Fault.DARK
    assert fault_of(Quality(light_of(245), 1, 1, 1), 245) is Fault.BRIGHT
    assert [grade_of(score) for score in (44, 45, 69, 70)] == [Grade.POOR, Grade.FAIR, Grade.FAIR, Grade.GOOD]
