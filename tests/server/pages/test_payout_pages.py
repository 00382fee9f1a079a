"""The pages of garages' owners: their terms, their statements, and two who approve a payout."""

import csv
import io

import pytest
from django.urls import reverse
from tests.server.garage_days import today
from tests.server.pages.test_other_sites import browser, limited
from tests.server.test_payout_statements import came, mill, month
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.takings import owners, statements
from gatehouse.server.takings.models import PayoutStatement, Proprietor


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def text(answer) -> str:
    return answer.content.decode()


def test_two_owners_prepare_and_approve_a_month_and_it_is_paid(house) -> None:
    world, first = house.world, house.browser(Role.OWNER)
    answer = first.post(reverse("payouts"), {"name": "Mill Estates"})
    page = answer["Location"]
    form = {
        "do": "hold", "holding_garage": world.garage.pk, "starts": "2026-01-01", "parts": "1", "commission": "12,5",
        "fixed_fee": "50.00", "vat": "6", "provider_1": "test", "percent_1": "0.6", "provider_2": "wechat",
        "percent_2": "", "percent_other": "1",
    }  # fmt: skip
    assert first.post(page, form).status_code == 302
    came(world, month(world).first, 100_000)
    where = first.post(page, {"do": "prepare", "month": str(month(world))})["Location"]
    shown = text(first.get(where))
    for said in ("¥1,000.00", "−¥6.00", "−¥125.00", "−¥50.00", "−¥10.50", "¥808.50", "somebody else approves it"):
        assert said in shown, said
    assert first.post(where, {"do": "approve", "seen": "80850"}).status_code == 422
    second = browser(limited(house, Role.OWNER, "ticket"))
    assert "Approve ¥808.50" in text(second.get(where))
    assert second.post(where, {"do": "approve", "seen": "80849"}).status_code == 422
    assert second.post(where, {"do": "approve", "seen": "80850"}).status_code == 302
    assert second.post(where, {"do": "paid"}).status_code == 302
    assert (PayoutStatement.objects.get().state, PayoutStatement.objects.get().paid_on) == ("paid", today(world))


def test_a_statement_is_had_as_paper_and_as_lines(house) -> None:
    owner = mill(house.world, "=Mill & 磨坊")
    came(house.world, month(house.world).first, 10_000)
    (row,) = statements.prepare(owner, month(house.world), by=SETUP, at=house.world.now())
    reader = house.browser(Role.AUDITOR)
    paper = reader.get(reverse("payouts-pdf", args=[row.pk]))
    assert paper.content.startswith(b"%PDF-")
    assert paper.content == reader.get(reverse("payouts-pdf", args=[row.pk])).content
    rows = list(
        csv.DictReader(io.StringIO(reader.get(reverse("payouts-csv", args=[row.pk])).content.decode("utf-8-sig")))
    )
    assert [(one["line"], one["amount"]) for one in rows] == [
        ("gross", "100.00"), ("commission", "-10.00"), ("payout", "90.00"),
    ]  # fmt: skip


def test_who_only_reads_changes_nothing(house) -> None:
    owner = mill(house.world)
    came(house.world, month(house.world).first, 10_000)
    (row,) = statements.prepare(owner, month(house.world), by=SETUP, at=house.world.now())
    reader = house.browser(Role.AUDITOR)
    assert reader.post(reverse("payouts"), {"name": "New"}).status_code == 200
    assert reader.post(reverse("payouts-owner", args=[owner.pk]), {"do": "prepare"}).status_code == 404
    assert (
        reader.post(reverse("payouts-statement", args=[row.pk]), {"do": "approve", "seen": "9000"}).status_code == 404
    )
    assert (Proprietor.objects.count(), PayoutStatement.objects.get().state) == (1, "draft")


@pytest.mark.parametrize(
    ("form", "said"),
    [({"do": "account", "iban": "DE00"}, "This is no valid IBAN"),
     ({"do": "prepare", "month": "9999-99"}, "Write a date from"),
     ({"do": "prepare", "month": ""}, "Write a date from"),
     ({"do": "hold", "starts": "2026-01-01"}, "Choose a garage."),
     ({"do": "end", "ends": "x"}, None)],
)  # fmt: skip
def test_what_can_not_be_is_said_and_nothing_is_kept(house, form, said) -> None:
    owner = owners.add_proprietor("Mill", by=SETUP, at=house.world.now())
    answer = house.browser(Role.OWNER).post(reverse("payouts-owner", args=[owner.pk]), form)
    assert answer.status_code == (404 if said is None else 422)
    assert said is None or said in text(answer)
    assert not owner.holdings.exists()


@pytest.mark.parametrize("odd", ["ten", "-1", "1e5", "²", "9" * 50, "1.2.3", "12.345", "1.", "٣"])
@pytest.mark.parametrize("field", ["fixed_fee", "commission", "vat", "parts", "starts", "ends", "percent_1"])
def test_odd_numbers_in_terms_are_refused(house, field, odd) -> None:
    if field in ("commission", "vat", "percent_1") and odd in ("12.345", "1."):
        pytest.skip("a percentage may have decimals")
    owner = owners.add_proprietor("Mill", by=SETUP, at=house.world.now())
    form = {
        "do": "hold",
        "holding_garage": house.world.garage.pk,
        "starts": "2026-01-01",
        "provider_1": "x",
        field: odd,
    }
    assert house.browser(Role.OWNER).post(reverse("payouts-owner", args=[owner.pk]), form).status_code == 422
    assert not owner.holdings.exists()
