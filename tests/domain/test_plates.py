import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.plates import (
    PROVINCES,
    SHAPES,
    UNKNOWN,
    Likeness,
    display,
    fold,
    normalise,
    same,
    shape,
    shapes,
    vehicle_class,
)


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("川A·12345", "川A12345"),
        ("川a 12345", "川A12345"),
        ("川A-123.45", "川A12345"),
        ("川Ａ１２３４５", "川A12345"),
        (" 川A•12345\n", "川A12345"),
        ("川A\u200b12345", "川A12345"),
        ("m-üx 1234e", "MÜX1234E"),
        ("M\u0075\u0308X 12", "MÜX12"),
        ("ab12 cde", "AB12CDE"),
        ("", ""),
        ("···", ""),
    ],
)
def test_a_plate_is_written_one_way(text, plate):
    assert normalise(text) == plate


def test_a_chinese_serial_has_neither_o_nor_i():
    assert normalise("川AO12I5") == "川A01215"
    assert normalise("川O12345") == "川O12345"  # the authority's letter is no serial
    assert normalise("京AD1O345") == "京AD10345"
    assert normalise("OI12345") == "OI12345"  # other countries use both letters


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("川A12345", "川a·12345", Likeness.EXACT),
        ("川AO2345", "川A02345", Likeness.EXACT),
        ("ABO1234", "AB01234", Likeness.FOLDED),
        ("AB1I234", "ABI1234", Likeness.FOLDED),
        ("АВ1234", "AB1234", Likeness.FOLDED),  # Cyrillic A and Ve
        ("川A12345", "渝A12345", Likeness.DIFFERENT),
        ("川A12345", "川B12345", Likeness.DIFFERENT),
        ("川A12345", "川A1234", Likeness.DIFFERENT),
        ("川A12345", "川A123456", Likeness.DIFFERENT),
        ("川A8B123", "川A88123", Likeness.DIFFERENT),
        ("川AD1234", "川A01234", Likeness.DIFFERENT),
        ("川AQ1234", "川A01234", Likeness.DIFFERENT),
        ("GÖAB1", "GOAB1", Likeness.DIFFERENT),
        ("", "", Likeness.DIFFERENT),
        ("-", "·", Likeness.DIFFERENT),
    ],
)
def test_plates_are_alike_only_as_far_as_their_glyphs_are(one, other, likeness):
    assert same(one, other) is likeness
    assert same(other, one) is likeness


SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
chinese = st.tuples(
    st.sampled_from(PROVINCES), st.sampled_from(SERIAL[:24]), st.text(SERIAL, min_size=5, max_size=6)
).map("".join)


@given(chinese, st.data())
def test_a_chinese_plate_one_character_off_is_never_the_same(plate, data):
    spot = data.draw(st.integers(0, len(plate) - 1))
    alphabet = PROVINCES if spot == 0 else SERIAL[:24] if spot == 1 else SERIAL
    other = plate[:spot] + data.draw(st.sampled_from(alphabet)) + plate[spot + 1 :]
    assert (same(plate, other) is Likeness.EXACT) == (plate == other)
    assert same(plate, other) is not Likeness.FOLDED
    assert same(plate, plate[:spot] + plate[spot + 1 :]) is Likeness.DIFFERENT


plain = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=4, max_size=8)  # nothing that folds


@given(plain, plain)
def test_other_plates_are_the_same_only_when_they_are_equal(one, other):
    assert (same(one, other) is Likeness.EXACT) == (one == other)
    assert same(one, other) is not Likeness.FOLDED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("川A12345", "cn7"),
        ("粤B8K2L9", "cn7"),
        ("京AD12345", "cn8_small"),
        ("京AFA1234", "cn8_small"),
        ("粤B12345D", "cn8_large"),
        ("京A1234学", "cn_marked"),
        ("粤Z1234港", "cn_marked"),
        ("京X1234应急", "cn_emergency"),
        ("使014578", "cn_embassy"),
        ("WJ京1234X", "cn_police"),
        ("ABC1D23", "br_mercosul"),
        ("ABC1234", "br"),
        ("AB12CDE", "gb"),
        ("AB123CD", "fr"),
        ("1234BCD", "es"),
        ("1ABC234", "be"),
        ("BG1234AB", "bg"),
        ("MABC1234", "de"),
        ("GÖAB12H", "de"),
        ("123ABC4", "unknown"),
    ],
)
def test_a_plate_has_the_shape_of_its_country(text, code):
    found = shape(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "text", ["", "川", "ABCDEFG", "川A", "12345678901", "שלום1", "北A12345", "plate 川A12345 here", "١٢٣٤٥"]
)
def test_text_that_can_be_no_plate_has_no_shape(text):
    assert shape(text) is None


@pytest.mark.parametrize("text", ["川I12345", "京AD1234A", "京AL12345", "粤B12345L", "川A1234京"])
def test_a_chinese_plate_outside_the_standard_is_of_no_listed_form(text):
    assert shape(text) is UNKNOWN


def test_a_site_says_which_country_a_shared_form_belongs_to():
    assert {found.country for found in shapes("AB123CD")} >= {"FR", "IT", "SK"}
    assert shape("AB123CD", "IT").code == "it"
    assert shape("ABC1234", "GR").code == "gr"
    assert shape("7ABC123", "US").code == "us"
    assert shape("AB123CD", "CN") is UNKNOWN


@pytest.mark.parametrize(
    ("text", "country", "shown"),
    [
        ("川a12345", None, "川A·12345"),
        ("京AD12345", None, "京A·D12345"),
        ("使014578", None, "使014·578"),
        ("WJ京1234X", None, "WJ京·1234X"),
        ("abc1234", None, "ABC1234"),
        ("abc1234", "BR", "ABC-1234"),
        ("ab12cde", "GB", "AB12 CDE"),
        ("not one", None, "NOTONE"),
        ("", None, ""),
    ],
)
def test_a_plate_is_shown_as_its_owner_knows_it(text, country, shown):
    assert display(text, country) == shown


@given(chinese)
def test_what_is_shown_reads_back_as_the_same_plate(plate):
    assert normalise(display(plate)) == plate


def test_no_chinese_shape_lets_a_reader_put_i_or_o_anywhere():
    for found in SHAPES:
        if found.country == "CN":
            assert not set("IO") & set("".join(found.positions))


def test_every_shape_in_the_table_fits_a_plate_made_from_it():
    for found in SHAPES:
        plate = "".join(allowed[-1] for allowed in found.positions)
        assert found.fits(plate)
        assert found in shapes(plate)
        assert not found.fits(plate + "1")


@pytest.mark.parametrize(
    ("plate", "tariff_class"),
    [
        ("沪A·D12345", "new-energy"),
        ("沪A12345D", "new-energy"),
        ("沪A·12345", "car"),
        ("B MW 1234", "car"),
        ("", "car"),
    ],
)
def test_only_a_form_that_says_so_makes_a_car_new_energy(plate, tariff_class):
    assert vehicle_class(plate) == tariff_class
