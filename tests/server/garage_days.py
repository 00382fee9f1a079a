"""Days of a garage for the tests of what it took: cars that come, pay and leave on past dates, told by real letters."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.server.world import SETUP, TARIFF, ZONE, World

from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY, at_local, local_date
from gatehouse.server.parking import payments, testprovider
from gatehouse.server.parking.models import OpenStay, Payment

TAXED = {**TARIFF, "versions": [{**TARIFF["versions"][0], "tax_percent": "6"}]}


def today(world: World) -> date:
    return local_date(world.now(), ZoneInfo(ZONE))


def dates(world: World, since: int = 2, until: int = 0) -> list[str]:
    """The site's dates so many days ago, as they stand in addresses."""
    return [(today(world) - n * DAY).isoformat() for n in (since, until)]


def days_ago(world: World, days: int, hour: int, minute: int = 0) -> datetime:
    return at_local(today(world) - days * DAY, time(hour, minute), ZoneInfo(ZONE))


def come(world: World, plate: str, at: datetime) -> OpenStay:
    before = set(OpenStay.objects.values_list("pk", flat=True))
    world.tell(world.enters(plate, at))
    return OpenStay.objects.exclude(pk__in=before).get()


def pay(world: World, stay: OpenStay, at: datetime, provider: str = testprovider.NAME) -> Payment:
    """The driver pays what is due at that moment."""
    payment, _ = payments.start_payment(stay, provider, at)
    if provider == testprovider.NAME:
        testprovider.pay(payment, at)
        payment.refresh_from_db()
        return payment
    amount = Money(payment.amount_minor, payment.currency)
    done = payments.settle_payment(payment.pk, f"e-{payment.pk}", amount, by=SETUP, at=at)
    assert done is not None
    return done


def visit(world: World, plate: str, came: datetime, minutes: int, provider: str = testprovider.NAME) -> Payment:
    """Comes, pays two minutes before it leaves, leaves."""
    stay, left = come(world, plate, came), came + timedelta(minutes=minutes)
    paid = pay(world, stay, left - timedelta(minutes=2), provider)
    world.tell(world.leaves(plate, left))
    return paid
