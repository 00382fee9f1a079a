"""Lists of vehicles: blocked, welcome, emergency. Each entry has a vehicle row of its own, whose plate is sealed; edges
take two rows with one plate as one car, so that nobody has to look plates up to add one."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, QuerySet

from gatehouse.domain.periods import can_be_meant
from gatehouse.domain.plates import normalise
from gatehouse.domain.plates import shape as shape_of
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Booking, Garage, ListEntry, ListKind, Permit, PoolVehicle
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import Site, Vehicle, VehicleState

REASON_LIMIT = 200
ROWS_LIMIT = 2000
CELLS_AT_ONCE = 500


class Flaw(StrEnum):
    """What is wrong with one row of an import."""

    NO_PLATE = "no_plate"
    ODD_PLATE = "odd_plate"
    TWICE = "twice"
    BAD_DATE = "bad_date"
    PAST = "past"
    LONG_REASON = "long_reason"
    TOO_MANY = "too_many"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One vehicle to be listed, in the clear; lives only between a form and the keeper."""

    plate: str
    ends: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an import: what it says, or what is wrong with it."""

    number: int
    wanted: Wanted | None
    flaw: Flaw | None = None


def read_rows(text: str, today: date) -> list[Row]:
    """plate, until (YYYY-MM-DD, the last date on the list, may be empty), reason (may be empty); commas, semicolons or
    tabs between them. A heading is passed over."""
    dialect = "\t" if "\t" in text else ";" if ";" in text and "," not in text else ","
    rows: list[Row] = []
    seen: set[str] = set()
    lines = csv.reader(io.StringIO(text.replace("\0", "").lstrip("\ufeff"), newline=""), delimiter=dialect)
    try:
        for number, cells in enumerate(lines, 1):
            if not any(cell.strip() for cell in cells) or (number == 1 and _is_heading(cells)):
                continue
            if len(rows) == ROWS_LIMIT:
                rows.append(Row(number, None, Flaw.TOO_MANY))
                break
            row = _row(number, [cell.strip() for cell in cells], today)
            plate = row.wanted.plate if row.wanted else ""
            rows.append(Row(number, None, Flaw.TWICE) if plate and plate in seen else row)
            seen.add(plate)
    except csv.Error:
        rows.append(Row(lines.line_num, None, Flaw.COLUMNS))
    return rows


def _is_heading(cells: Sequence[str]) -> bool:
    return not any(character.isdigit() for character in "".join(cells))


def _row(number: int, cells: Sequence[str], today: date) -> Row:
    if len(cells) > 3:
        return Row(number, None, Flaw.COLUMNS)
    plate, until, reason = (*cells, "", "")[:3]
    canonical = normalise(plate)
    if not canonical:
        return Row(number, None, Flaw.NO_PLATE)
    if shape_of(canonical) is None:
        return Row(number, None, Flaw.ODD_PLATE)
    if len(reason) > REASON_LIMIT:
        return Row(number, None, Flaw.LONG_REASON)
    ends = None
    if until:
        try:
            ends = date.fromordinal(date.fromisoformat(until).toordinal() + 1)
        except (ValueError, OverflowError):
            return Row(number, None, Flaw.BAD_DATE)
        if not can_be_meant(ends):
            return Row(number, None, Flaw.BAD_DATE)
        if ends <= today:
            return Row(number, None, Flaw.PAST)
    return Row(number, Wanted(canonical, ends, reason))


def add_entries(
    site: Site,
    kind: ListKind,
    wanted: Sequence[Wanted],
    *,
    garage: Garage | None = None,
    batch: UUID | None = None,
    by: By,
    at: datetime,
) -> list[ListEntry]:
    """All of them or none, in one garage or everywhere at the site. The same `batch` again adds nothing. Raises
    KeeperAway."""
    if batch is not None and ListEntry.objects.filter(batch=batch).exists():
        return list(ListEntry.objects.filter(batch=batch))
    vehicles, entries = [], []
    for start in range(0, len(wanted), CELLS_AT_ONCE):
        part = [(uuid4(), uuid4(), one) for one in wanted[start : start + CELLS_AT_ONCE]]
        plains = [keeping.plain("vehicle.plate/1", vehicle, vehicle, one.plate.encode()) for vehicle, _, one in part]
        plains += [keeping.plain("list.reason/1", vehicle, entry, one.reason.encode()) for vehicle, entry, one in part]
        cells = keeping.seal_many(plains)
        for (vehicle, entry, one), plate, reason in zip(part, cells, cells[len(part) :], strict=False):
            vehicles.append(Vehicle(id=vehicle, site=site, plate_cell=plate))
            entries.append(
                ListEntry(
                    id=entry,
                    vehicle_id=vehicle,
                    kind=kind,
                    garage=garage,
                    ends=one.ends,
                    batch=batch,
                    reason_cell=reason if one.reason else None,
                )
            )
    with transaction.atomic():
        Vehicle.objects.bulk_create(vehicles)
        ListEntry.objects.bulk_create(entries)
        record(f"list.{kind}_added", "site", site.pk, by=by, at=at)
        bump_roster(site.pk)
    keeping.index_soon([keeping.cell("vehicle.plate/1", row.pk, row.plate_cell) for row in vehicles])
    return entries


@transaction.atomic
def remove_entries(entries: Iterable[ListEntry], *, by: By, at: datetime) -> int:
    """Their vehicles are gone from the site where nothing else is known of them; how many entries there were."""
    rows = list(entries)
    deleted = ListEntry.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]
    vehicles = {row.vehicle_id for row in rows}
    kept: set[UUID] = set()
    for model in (ListEntry, Permit, PoolVehicle, Booking):
        kept |= set(model.objects.filter(vehicle_id__in=vehicles).values_list("vehicle_id", flat=True))
    Vehicle.objects.filter(pk__in=vehicles - kept, owner=None).update(state=VehicleState.GONE)
    for site_id in {row.vehicle.site_id for row in rows}:
        record("list.removed", "site", site_id, by=by, at=at)
        bump_roster(site_id)
    return deleted


# --- reading -----------------------------------------------------------------------------------------------------


def entries(sites: Iterable[Site], kind: ListKind) -> QuerySet[ListEntry]:
    found = ListEntry.objects.filter(vehicle__site__in=list(sites), kind=kind)
    return found.select_related("vehicle__site", "garage").order_by("ends", "id")


def entry(entry_id: UUID, sites: Iterable[Site]) -> ListEntry | None:
    found = ListEntry.objects.filter(vehicle__site__in=list(sites), pk=entry_id)
    return found.select_related("vehicle__site", "garage").first()


def batches(sites: Iterable[Site], kind: ListKind) -> list[tuple[UUID, int]]:
    """The imports that are still on the list, with how many vehicles."""
    found = entries(sites, kind).exclude(batch=None).order_by().values_list("batch").annotate(count=Count("id"))
    return sorted((batch, count) for batch, count in found if batch is not None)


def of_batch(batch: UUID, sites: Iterable[Site]) -> QuerySet[ListEntry]:
    found = ListEntry.objects.filter(batch=batch, vehicle__site__in=list(sites))
    return found.select_related("vehicle")


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry in the clear, after the look was counted. Empty texts where the key is gone."""

    plate: str
    reason: str


def look(of: ListEntry, by: Authority) -> Seen | Refused:
    cells = [keeping.cell("vehicle.plate/1", of.vehicle_id, of.vehicle.plate_cell)]
    if of.reason_cell is not None:
        cells.append(keeping.cell("list.reason/1", of.pk, of.reason_cell))
    data = keeping.reveal(cells, by, "parking.list")
    if isinstance(data, Refused):
        return data
    texts = [text.decode() if text else "" for text in data]
    return Seen(texts[0], texts[1] if len(texts) > 1 else "")
