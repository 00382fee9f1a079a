"""The part of a picture that a gate looks at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.regions import LEAST, WHOLE, Region, region_of

corner = st.integers(0, WHOLE)
side = st.integers(1, 8192)


@given(corner, corner, corner, corner, side, side)
def test_a_region_is_refused_or_lies_within_every_picture(left, top, right, bottom, width, height):
    if right - left < LEAST or bottom - top < LEAST:
        with pytest.raises(ValueError, match="a region"):
            Region(left, top, right, bottom)
        return
    x0, y0, x1, y1 = Region(left, top, right, bottom).box(width, height)
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height


@pytest.mark.parametrize(
    ("size", "box"), [((640, 480), (160, 0, 480, 240)), ((1920, 1080), (480, 0, 1440, 540)), ((3, 3), (0, 0, 3, 2))]
)
def test_it_stays_the_same_place_at_another_resolution(size, box):
    assert Region(250, 0, 750, 500).box(*size) == box


def test_nothing_and_everything_are_the_whole_picture():
    assert region_of([]) is None
    assert region_of([0, 0, 1000, 1000]) is None
    assert region_of([0, 0, 1000, 999]) == Region(0, 0, 1000, 999)


@pytest.mark.parametrize(
    "corners", [[1, 2, 3], [0, 0, 1000, 1000, 0], [0, 0, 1001, 1000], [-1, 0, 500, 500], [0.0, 0, 500, 500], [True] * 4]
)
def test_what_is_no_region_is_refused(corners):
    with pytest.raises(ValueError, match="a region"):
        region_of(corners)
