"""What a reader of one site sees of another site's takings, owners, disputes and acts by hand: nothing."""

import pytest
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.garage_days import dates
from tests.server.pages.test_other_sites import browser, limited
from tests.server.test_payout_statements import mill, month
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.gates.models import Gate, Opening
from gatehouse.server.parking.lane_acts import open_lane
from gatehouse.server.parking.models import Garage, LaneAct, Payment
from gatehouse.server.takings import disputes, owners
from gatehouse.server.takings.models import Dispute, PayoutStatement


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("how", ["ticket", "row"])
def test_a_report_counts_and_names_the_readers_own_garages_only(house, how) -> None:
    other = elsewhere(house.world)
    Payment.objects.create(
        garage=other[Garage], stay=other.site.pk, provider="test", state="settled", at=house.world.now(),
        amount_minor=98765, currency="CNY", provider_ref="x",
    )  # fmt: skip
    page = text(browser(limited(house, Role.PARKING, how)).get(reverse("reports")))
    assert "987.65" not in page
    assert "Elsewhere" not in page
    assert "987.65" in text(house.browser(Role.OWNER).get(reverse("reports")))


def foreign(house) -> dict[str, object]:
    """Rows of another site, of every kind that stands in an address here."""
    other, at = elsewhere(house.world), house.world.now()
    paid = Payment.objects.create(
        garage=other[Garage], stay=other.site.pk, provider="test", state="settled", at=at, amount_minor=500,
        currency="CNY", provider_ref="far",
    )  # fmt: skip
    contested = disputes.open_dispute(paid, "Far away", by=disputes.DISPUTES, at=at)
    owner = owners.add_proprietor("Far Estates", by=SETUP, at=at)
    new = owners.NewHolding(other[Garage], starts=month(house.world).first)
    held = owners.add_holding(owner, new, by=SETUP, at=at)
    statement = PayoutStatement.objects.create(
        proprietor=owner, month="2026-01", currency="CNY", lines=[], payout_minor=1, prepared_by="somebody"
    )
    operator, lane = house.world.operator(Role.PARKING).actor, Gate.objects.get(site=other.site)
    open_lane(lane, "fault", by=SETUP, at=at)
    Opening.objects.filter(gate=lane).update(operator=operator)
    LaneAct.objects.filter(garage=other[Garage]).update(operator=operator)
    return {
        "payment": paid, "dispute": contested, "owner": owner, "holding": held, "statement": statement,
        "operator": operator, "garage": other[Garage],
    }  # fmt: skip


@pytest.mark.parametrize("how", ["ticket", "row"])
@pytest.mark.parametrize("role", [Role.OWNER, Role.PARKING])
def test_no_address_opens_what_is_another_sites(house, how, role) -> None:
    far = foreign(house)
    since, until = dates(house.world, 1, -1)
    reader = browser(limited(house, role, how))
    pages = [
        reverse("dispute", args=[far["dispute"].pk]),
        reverse("by-hand-acts", args=[far["operator"], since, until]),
    ]
    pages += [reverse("payouts-owner", args=[far["owner"].pk])]
    pages += [reverse(f"payouts-{one}", args=[far["statement"].pk]) for one in ("statement", "csv", "pdf")]
    refused = {404} if role is Role.OWNER else {403, 404}
    for address in pages:
        assert reader.get(address).status_code in refused, address
        for do in ("evidence", "uphold", "reject", "ask", "approve", "paid", "prepare", "account", "hold"):
            form = {
                "do": do,
                "text": "x",
                "code": "fault",
                "amount": "1",
                "seen": "1",
                "iban": "DE89370400440532013000",
            }
            assert reader.post(address, form).status_code in refused | {405}, (address, do)
    assert reader.post(reverse("reports"), {"garage": far["garage"].pk}).status_code == 404
    assert reader.post(reverse("by-hand"), {"garage": far["garage"].pk}).status_code == 404
    for name in ("disputes", "by-hand", "parking", "reports"):
        shown = text(reader.get(reverse(name)))
        assert not [one for one in ("Elsewhere", "Far Estates", str(far["dispute"].pk)) if one in shown], name
    answer = reader.post(reverse("disputes"), {"receipt": far["payment"].pk, "text": "Mine"})
    assert (answer.status_code, Dispute.objects.count()) == (422, 1)
    assert Dispute.objects.get().state == "open"
    assert PayoutStatement.objects.get().state == "draft"


@pytest.mark.parametrize("how", ["ticket", "row"])
def test_an_owner_of_garages_of_two_sites_is_seen_whole_or_not_at_all(house, how) -> None:
    far = foreign(house)
    mine = owners.NewHolding(house.world.garage, starts=month(house.world).first)
    owners.add_holding(far["owner"], mine, by=SETUP, at=house.world.now())
    reader = browser(limited(house, Role.OWNER, how))
    assert reader.get(reverse("payouts-owner", args=[far["owner"].pk])).status_code == 404
    assert "Far Estates" not in text(reader.get(reverse("payouts")))
    assert "Far Estates" in text(house.browser(Role.OWNER).get(reverse("payouts")))


def test_a_reader_of_one_site_adds_no_garage_of_another_to_an_owner(house) -> None:
    far, owner = foreign(house), mill(house.world)
    reader = browser(limited(house, Role.OWNER, "row"))
    form = {"do": "hold", "holding_garage": far["garage"].pk, "starts": "2026-01-01"}
    answer = reader.post(reverse("payouts-owner", args=[owner.pk]), form)
    assert (answer.status_code, "Choose a garage." in text(answer)) == (422, True)
    form = {"do": "end", "holding": far["holding"].pk, "ends": "2026-12-01"}
    assert reader.post(reverse("payouts-owner", args=[owner.pk]), form).status_code == 404
