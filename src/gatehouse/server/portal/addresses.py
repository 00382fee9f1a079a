"""Addresses that open something by themselves: a receipt, a driver's consent, a stay without a plate.

The id in them stands in the database too, and payment providers, exports and operators see it. So an address carries a
signature beside it: whoever holds a copy of the rows, or knows an id, opens none of these pages.
"""

from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

_SIGNATURE = 32


class _OwnAddress:
    """A UUID and its signature. What is not signed is no address of ours: a ValueError is a 404."""

    regex = f"[0-9a-f-]{{36}}-[0-9a-f]{{{_SIGNATURE}}}"
    kind: str

    def to_python(self, value: str) -> UUID:
        found = UUID(value[:36])
        if not constant_time_compare(value, self.to_url(found)):
            raise ValueError("not signed")
        return found

    def to_url(self, value: UUID | str) -> str:
        own = str(UUID(str(value)))
        signature = salted_hmac(f"gatehouse.address.{self.kind}", own, algorithm="sha256").hexdigest()
        return f"{own}-{signature[:_SIGNATURE]}"


class PaymentAddress(_OwnAddress):
    kind = "payment"


class MandateAddress(_OwnAddress):
    kind = "mandate"


class OpeningAddress(_OwnAddress):
    kind = "opening"
