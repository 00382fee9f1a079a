"""What a car owed when somebody let it out by hand. Sealed: beside the act's time it would tell when it came in."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from gatehouse.domain.money import Money
from gatehouse.keeper.protocol import Cell, Plain, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By

LABEL = "lane.waived/1"


class Waived(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minor: int
    currency: str


def waived_plain(site: UUID, row: UUID, amount: Money) -> Plain:
    return keeping.plain(LABEL, site, row, msgspec.json.encode(Waived(amount.minor, amount.currency)))


def amounts(cells: Mapping[UUID, bytes], by: By) -> dict[UUID, Money]:
    """By row; one whose key is gone is left out. Raises KeeperAway, KeeperRefused."""
    asked = [keeping.cell(LABEL, row, cell) for row, cell in cells.items()]
    return {row: _money(data) for row, data in zip(cells, _opened(asked, by), strict=True) if data is not None}


def reasons(cells: Mapping[UUID, bytes], by: By) -> dict[UUID, str]:
    """Why, as "code: note" or the code alone, by row. Raises KeeperAway, KeeperRefused."""
    asked = [keeping.cell("site.text/1", row, cell) for row, cell in cells.items()]
    return {row: data.decode() for row, data in zip(cells, _opened(asked, by), strict=True) if data is not None}


def _opened(asked: list[Cell], by: By) -> list[bytes | None]:
    data = keeping.reveal(asked, by.authority, "lane.acts")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    return data


def _money(data: bytes) -> Money:
    found = msgspec.json.decode(data, type=Waived)
    return Money(found.minor, found.currency)
