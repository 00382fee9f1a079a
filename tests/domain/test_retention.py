"""Retention: bounds, what is due on a date, and the law's hold on pay records."""

from datetime import date

import pytest

from gatehouse.domain.errors import DomainError
from gatehouse.domain.retention import BOUNDS, Kept, Retention, books_before, days_before, law_keeps_until
from gatehouse.domain.subject_rights import Filing, due_on, filing, is_late, is_soon

TODAY = date(2026, 3, 10)


def test_the_defaults_lie_within_their_bounds() -> None:
    assert all(bounds.allow(bounds.default) for bounds in BOUNDS.values())
    assert Retention().of(Kept.OTHERS) <= Retention().of(Kept.STAFF)


@pytest.mark.parametrize(("kept", "bounds"), BOUNDS.items())
@pytest.mark.parametrize("beyond", [-1, 1])
def test_a_number_beyond_its_bounds_is_refused(kept, bounds, beyond) -> None:
    wrong = bounds.least - 1 if beyond < 0 else bounds.most + 1
    given = {"others": 30, "staff": 400, "work": 3, "books": 10} | {kept.value: wrong}
    with pytest.raises(DomainError) as caught:
        Retention(**given)
    assert caught.value.code == "out_of_bounds"
    assert caught.value.facts == {"kept": kept.value}


def test_strangers_are_never_kept_longer_than_people_who_are_known() -> None:
    with pytest.raises(DomainError) as caught:
        Retention(others=91, staff=90)
    assert caught.value.code == "strangers_longer"


def test_thirty_days_keep_thirty_days() -> None:
    assert days_before(Retention(others=30), Kept.OTHERS, TODAY) == date(2026, 2, 8)
    assert days_before(Retention(staff=90), Kept.STAFF, TODAY) == date(2025, 12, 10)


def test_books_count_from_the_end_of_their_year() -> None:
    assert books_before(Retention(books=10), date(2026, 12, 31)) == 2016
    assert books_before(Retention(books=10), date(2027, 1, 1)) == 2017


@pytest.mark.parametrize(
    ("left", "years", "until"),
    [
        (date(2026, 3, 10), 3, date(2029, 3, 10)),
        (date(2024, 2, 29), 3, date(2027, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_pay_records_stay_for_the_years_after_the_last_day(left, years, until) -> None:
    assert law_keeps_until(left, Retention(work=years)) == until


def test_a_request_is_due_after_thirty_days_and_late_the_day_after() -> None:
    due = due_on(date(2026, 3, 1))
    assert due == date(2026, 3, 31)
    assert not is_late(due, due)
    assert is_late(due, date(2026, 4, 1))
    assert [is_soon(due, day) for day in (date(2026, 3, 23), date(2026, 3, 24), due)] == [False, True, True]


@pytest.mark.parametrize(
    ("faces", "said"),
    [(0, Filing.NONE), (79_999, Filing.NONE), (80_000, Filing.NEAR), (99_999, Filing.NEAR), (100_000, Filing.REQUIRED)],
)
def test_filing_is_asked_for_at_a_hundred_thousand_faces(faces, said) -> None:
    assert filing(faces) is said
