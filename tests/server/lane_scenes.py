"""At the lanes of a garage, for the tests of what does not add up there: cars come, are held, somebody answers."""

from gatehouse import wire
from gatehouse.keeper.protocol import Role
from gatehouse.server.parking import payments, testprovider
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import resolve
from gatehouse.server.parking.models import LaneException, OpenStay

PLATE, NEAR, OTHER = "京A12345", "京A12349", "沪B88888"
ZERO, LETTER = "KA0123", "KAO123"  # they look the same


def came(world, plate=PLATE, **ago):
    """The stay of a car that came in."""
    before = set(OpenStay.objects.values_list("pk", flat=True))
    world.tell(world.enters(plate, world.ago(**(ago or {"minutes": 61}))))
    return OpenStay.objects.exclude(pk__in=before).get()


def hold(world, plate=NEAR, **ago):
    """The car is read at the exit and not let out."""
    at = world.ago(**ago) if ago else world.now()
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=plate, direction="out", at=at))


def waiting():
    return sorted(LaneException.objects.filter(done=False).values_list("kind", flat=True))


def only():
    return LaneException.objects.select_related("garage__site").get(done=False)


def pay(world, stay):
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    body, signature = testprovider.message(payment)
    return testprovider.receive(body, signature, world.now())


def event(world, kind, gate="out", attempt=None, at=None):
    at = at or world.now()
    return wire.GateEvent(id=wire.new_id(at), gate=gate, at=at, kind=kind, attempt=attempt)


def answered(world, answer, stay=None, *, by=None, exception=None, why=Why.MISREAD):
    by = by or world.operator(Role.PARKING)
    return resolve(exception or only(), answer, why=why, stay_id=stay.pk if stay else None, by=by, at=world.now())
