"""A provider's statement against our books, line by line."""

from gatehouse.domain.reconciliation import Found, Kind, Line, compare, sums

PAID, BACK = ("payment", "a"), ("refund", "r")


def test_books_that_agree_have_no_difference():
    lines = [Line("payment", "a", 1000), Line("refund", "r", 300)]
    assert compare(lines, {PAID: 1000, BACK: 300}, {PAID, BACK}, set()) == []


def test_each_kind_of_difference_is_listed_once():
    lines = [Line("payment", "a", 900), Line("payment", "b", 5), Line("payment", "b", 5), Line("refund", "x", 7)]
    ours = {PAID: 1000, ("payment", "b"): 5, BACK: 300}
    assert compare(lines, ours, {PAID, ("payment", "b"), BACK}, set()) == [
        Found(Kind.AMOUNT, "payment", "a", 1000, 900),
        Found(Kind.DOUBLE, "payment", "b", 5, 10),
        Found(Kind.MISSING_THERE, "refund", "r", 300, None),
        Found(Kind.MISSING_HERE, "refund", "x", None, 7),
    ]


def test_what_the_statement_beside_holds_is_not_missing():
    assert compare([], {PAID: 1000}, {PAID}, {PAID}) == []


def test_a_line_of_ours_of_another_date_is_known_and_not_due():
    assert compare([Line(*PAID, 1000)], {PAID: 1000}, set(), set()) == []
    assert compare([], {PAID: 1000}, set(), set()) == []


def test_a_payment_and_a_refund_of_one_id_are_two_things():
    assert compare([Line("refund", "a", 1000)], {PAID: 1000}, {PAID}, set()) == [
        Found(Kind.MISSING_THERE, "payment", "a", 1000, None),
        Found(Kind.MISSING_HERE, "refund", "a", None, 1000),
    ]


def test_sums_are_by_kind():
    assert sums([Line("payment", "a", 3), Line("payment", "b", 4), Line("refund", "r", 2)]) == {
        "payment": 7,
        "refund": 2,
    }
