"""Owners of garages and their months: prepared, approved by a second person, paid, and corrected in a later month."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from tests.server.garage_days import today
from tests.server.world import SETUP

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payouts import LineKind, PayoutError
from gatehouse.domain.periods import start_of_day
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.parking.models import Payment
from gatehouse.server.takings import owners, statements
from gatehouse.server.takings.models import DayTakings, Holding, PayoutStatement, Proprietor
from gatehouse.server.takings.owners import NewHolding, OwnerError
from gatehouse.server.takings.statements import StatementError

IBAN = "DE89 3704 0044 0532 0130 00"


def month(world, back=1) -> Month:
    of = Month.of(today(world))
    for _ in range(back):
        of = Month.of(of.first - timedelta(days=1))
    return of


def mill(world, name="Mill Estates", **terms) -> Proprietor:
    row = owners.add_proprietor(name, by=SETUP, at=world.now())
    facts = {"starts": date(2026, 1, 1), "commission_percent": "10"} | terms
    owners.add_holding(row, NewHolding(world.garage, **facts), by=SETUP, at=world.now())
    return row


def came(world, on: date, minor: int, provider="test"):
    """Money of that date, as it lies once the date is over."""
    at = start_of_day(on, ZoneInfo(world.site.zone))
    money = {"amount_minor": minor, "currency": "CNY", "provider": provider}
    return Payment.objects.create(
        garage=world.garage, stay=world.site.pk, state="settled", at=at, provider_ref=f"{on}{minor}{provider}", **money
    )


def prepared(world, owner, back=1, by=SETUP) -> PayoutStatement:
    (row,) = statements.prepare(owner, month(world, back), by=by, at=world.now())
    return row


def kinds(row):
    return [(line.kind.value, line.amount.minor) for _, line in statements.lines_of(row)]


def test_a_month_is_stated_from_what_came_in_it(world):
    owner, of = mill(world), month(world)
    came(world, of.first, 10_000)
    came(world, of.until - timedelta(days=1), 5_000)
    came(world, of.until, 99_999)
    came(world, of.first - timedelta(days=1), 88_888)
    row = prepared(world, owner)
    assert kinds(row) == [("gross", 15_000), ("commission", -1_500)]
    assert (row.state, row.payout_minor, row.currency) == ("draft", 13_500, "CNY")
    assert DayTakings.objects.filter(on__gte=of.first, on__lt=of.until).count() == (of.until - of.first).days


def test_a_draft_is_made_anew_and_stays_one(world):
    owner = mill(world)
    came(world, month(world).first, 10_000)
    first = prepared(world, owner)
    came(world, month(world).first, 2_000)
    again = prepared(world, owner)
    assert (first.pk, again.payout_minor, PayoutStatement.objects.count()) == (again.pk, 10_800, 1)


def test_a_month_that_is_not_over_is_not_stated(world):
    with pytest.raises(StatementError) as why:
        prepared(world, mill(world), back=0)
    assert why.value.code == "month_not_over"
    with pytest.raises(StatementError) as why:
        prepared(world, owners.add_proprietor("Nobody's", by=SETUP, at=world.now()))
    assert why.value.code == "nothing_held"


def test_a_second_person_approves_and_only_what_they_saw(world):
    owner, one, two = mill(world), world.operator(Role.OWNER), world.operator(Role.OWNER)
    came(world, month(world).first, 10_000)
    row = prepared(world, owner, by=one)
    for by, seen in ((one, 9_000), (two, 8_999)):
        with pytest.raises(StatementError):
            statements.approve(row, seen_minor=seen, by=by, at=world.now())
    statements.approve(row, seen_minor=9_000, by=two, at=world.now())
    row.refresh_from_db()
    assert (row.state, row.approved_by) == ("approved", two.actor)
    with pytest.raises(StatementError):
        statements.approve(row, seen_minor=9_000, by=two, at=world.now())


def test_who_prepares_it_anew_behind_an_open_page_does_not_approve_it_from_there(world):
    owner, one, two = mill(world), world.operator(Role.OWNER), world.operator(Role.OWNER)
    came(world, month(world).first, 10_000)
    shown = prepared(world, owner, by=one)
    prepared(world, owner, by=two)
    with pytest.raises(StatementError) as why:
        statements.approve(shown, seen_minor=9_000, by=two, at=world.now())
    assert why.value.code == "not_draft"


def test_the_database_itself_wants_two_people(world):
    row = prepared_with_money(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutStatement.objects.filter(pk=row.pk).update(state="approved", approved_by=row.prepared_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutStatement.objects.filter(pk=row.pk).update(state="paid")


def prepared_with_money(world):
    owner = mill(world)
    came(world, month(world).first, 10_000)
    return prepared(world, owner)


def approved(world, owner, back=1):
    row = prepared(world, owner, back)
    statements.approve(row, seen_minor=row.payout_minor, by=world.operator(Role.OWNER), at=world.now())
    row.refresh_from_db()
    return row


def test_what_is_approved_is_paid_once_and_never_prepared_anew(world):
    owner = mill(world)
    came(world, month(world).first, 10_000)
    draft = prepared(world, owner)
    with pytest.raises(StatementError):
        statements.mark_paid(draft, today(world), by=SETUP, at=world.now())
    row = approved(world, owner)
    came(world, month(world).first, 5_000)
    assert prepared(world, owner).payout_minor == 9_000
    statements.mark_paid(row, today(world), by=SETUP, at=world.now())
    with pytest.raises(StatementError):
        statements.mark_paid(row, today(world), by=SETUP, at=world.now())
    assert prepared(world, owner).state == "paid"


def test_what_changes_an_approved_month_is_a_line_of_the_next_and_only_once(world):
    owner = mill(world)
    came(world, month(world, 3).first, 10_000)
    third = approved(world, owner, back=3)
    came(world, month(world, 3).first, 5_000)
    came(world, month(world, 2).first, 1_000)
    statements.prepare(owner, month(world, 3), by=SETUP, at=world.now())  # the count notices; the statement stands
    third.refresh_from_db()
    assert third.payout_minor == 9_000
    second = prepared(world, owner, back=2)
    assert kinds(second) == [("gross", 1_000), ("commission", -100), ("earlier", 4_500)]
    (earlier,) = [line for _, line in statements.lines_of(second) if line.kind is LineKind.EARLIER]
    assert earlier.params == {"month": str(month(world, 3))}
    approved(world, owner, back=2)
    came(world, month(world, 1).first, 100)
    assert kinds(prepared(world, owner, back=1)) == [("gross", 100), ("commission", -10)]


def test_two_owners_share_a_garage_to_the_cent(world):
    one, two = mill(world, parts=2), mill(world, "Weir Holding", parts=1)
    came(world, month(world).first, 1_000)
    rows = [prepared(world, owner) for owner in (one, two)]
    assert [kinds(row)[0] for row in rows] == [("gross", 667), ("gross", 333)]


def test_a_garage_is_held_once_at_a_time_by_the_same_owner(world):
    owner = mill(world, ends=date(2026, 6, 1))
    late = NewHolding(world.garage, starts=date(2026, 5, 1))
    with pytest.raises(OwnerError) as why:
        owners.add_holding(owner, late, by=SETUP, at=world.now())
    assert why.value.code == "overlap"
    owners.add_holding(owner, NewHolding(world.garage, starts=date(2026, 6, 1)), by=SETUP, at=world.now())
    assert Holding.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"commission_percent": "ten"}, {"commission_percent": "101"}, {"vat_percent": "-1"}, {"commission_percent": "NaN"},
     {"commission_percent": "1e3"}, {"provider_percents": (("card", "1.23456"),)}, {"parts": 0}, {"fixed_fee": -1},
     {"ends": date(2026, 1, 1)}],
)  # fmt: skip
def test_terms_that_can_not_be_are_refused_with_a_reason(world, wrong):
    with pytest.raises((OwnerError, PayoutError)):
        mill(world, **wrong)
    assert not Holding.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 81])
def test_an_owner_needs_a_name(world, name):
    with pytest.raises(OwnerError):
        owners.add_proprietor(name, by=SETUP, at=world.now())


def test_an_owner_is_there_once(world):
    owners.add_proprietor("Mill", by=SETUP, at=world.now())
    with pytest.raises(OwnerError):
        owners.add_proprietor(" Mill ", by=SETUP, at=world.now())


def test_an_account_is_sealed_checked_and_shown_to_an_owner_of_every_site(world):
    owner = owners.add_proprietor("Mill", by=SETUP, at=world.now())
    for wrong in ("", "DE89 3704 0044 0532 0130 01", "DE8", "é" * 20, "1234567890123456"):
        with pytest.raises(OwnerError):
            owners.set_account(owner, wrong, by=SETUP, at=world.now())
    owners.set_account(owner, IBAN, by=SETUP, at=world.now())
    owner.refresh_from_db()
    assert b"3704" not in bytes(owner.bank_cell)
    assert owners.account(owner, world.operator(Role.OWNER)) == IBAN.replace(" ", "")
    assert isinstance(owners.account(owner, world.operator(Role.PARKING)), Refused)
    assert isinstance(owners.account(owner, SETUP), Refused)


def test_a_keeper_that_is_away_states_nothing(world, monkeypatch):
    owner = mill(world)
    came(world, month(world).first, 10_000)

    def away(*args, **more):
        raise keeping.KeeperAway("gone")

    monkeypatch.setattr(keeping, "seal_one", away)
    with pytest.raises(keeping.KeeperAway):
        prepared(world, owner)
    assert not PayoutStatement.objects.exists()


def test_no_float_in_a_statement(world):
    row = prepared_with_money(world)
    assert all(type(minor) is int for _, _, _, minor in row.lines)
    assert Money(row.payout_minor, row.currency) == Money(9_000, "CNY")
