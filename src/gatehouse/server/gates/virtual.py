"""Which virtual plate an order by a driver carries. It lies in no table: it is reckoned from the order's id with the
server's signing secret, which lies at the keeper, so a copy of the rows joins no order to a stay."""

from uuid import UUID

from django.utils.crypto import salted_hmac

from gatehouse.domain.virtual import virtual_plate
from gatehouse.server.gates.models import Opening

DRIVER = "driver"  # who ordered, where it was a driver at the lane's own code


def plate_of(opening: UUID) -> str:
    return virtual_plate(salted_hmac("gatehouse.virtual", str(opening), algorithm="sha256").digest())


def is_numbered(opening: Opening) -> bool:
    """Whether the vehicle that it lets in is called by a virtual plate."""
    return opening.numbered or opening.operator == DRIVER
