"""`gatehouse price`: what a stay costs under a tariff in a file, line by line; or the tariff in other terms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.parking import Price, StayFact, ValidatedAmount, ValidatedTime, price
from gatehouse.domain.parking_text import amount_text, length_text, says
from gatehouse.domain.periods import WallTime, at_local, local, wall_time
from gatehouse.domain.plates import CAR
from gatehouse.domain.stays import Validation
from gatehouse.domain.tariff_apds import tariff_to_apds
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariff_rules import check_code
from gatehouse.domain.tariffs import Tariff

LARGEST = 1024 * 1024  # bytes of a tariff file


class CannotPrice(Exception):
    """What was asked cannot be priced; the text says why and what to change."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One stay as a person writes it. Times with an offset, or as the garage's own clock shows them."""

    entry: str
    exit: str
    vehicle_class: str
    validated_min: int = 0
    validated_minor: int = 0


def quote(file: Path, asked: Asked) -> tuple[Tariff, Price]:
    """Raises CannotPrice."""
    tariff = read_tariff(file)
    try:
        check_code(asked.vehicle_class, "--class")
        stay = StayFact(
            instant_of("--from", asked.entry, tariff.zone),
            instant_of("--to", asked.exit, tariff.zone),
            asked.vehicle_class,
            _validations(asked, tariff.currency),
        )
        return tariff, price(stay, tariff, stay.exit or stay.entry)
    except DomainError as fault:
        raise CannotPrice(str(fault)) from fault


def _validations(asked: Asked, currency: str) -> tuple[Validation, ...]:
    given: list[Validation] = []
    if asked.validated_min:
        given.append(ValidatedTime(timedelta(minutes=asked.validated_min)))
    if asked.validated_minor:
        given.append(ValidatedAmount(Money(asked.validated_minor, currency)))
    return tuple(given)


def read_tariff(file: Path) -> Tariff:
    """The tariff in a JSON file. Raises CannotPrice, naming the field that is wrong."""
    try:
        if file.stat().st_size > LARGEST:
            raise CannotPrice(f"{file} is over {LARGEST // 1024} kB, which no tariff is")
        form = json.loads(file.read_text("utf-8-sig"))
    except OSError as fault:
        raise CannotPrice(f"{file} cannot be read: {fault.strerror}") from fault
    except (ValueError, RecursionError) as fault:
        where = f" (line {fault.lineno})" if isinstance(fault, json.JSONDecodeError) else ""
        raise CannotPrice(f"{file} is not JSON in UTF-8{where}") from fault
    try:
        return tariff_from_dict(form)
    except DomainError as fault:
        raise CannotPrice(f"{file}: {fault}") from fault


def apds_text(tariff: Tariff) -> str:
    """The tariff in the terms of APDS, as indented JSON."""
    written = msgspec.json.Encoder(decimal_format="number").encode(tariff_to_apds(tariff))
    return msgspec.json.format(written, indent=2).decode()


def instant_of(option: str, text: str, zone: ZoneInfo) -> datetime:
    """The instant that is meant. Raises CannotPrice for no time, and for a wall time that the zone's clocks never
    show or show twice: an offset says which."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise CannotPrice(f"{option} is a time such as 2026-06-10T10:00 or 2026-06-10T10:00:00+08:00") from fault
    if moment.utcoffset() is not None:
        return moment
    day, clock = moment.date(), moment.time()
    shown = wall_time(day, clock, zone)
    if shown is WallTime.SKIPPED:
        raise CannotPrice(f"{option}: clocks in {zone.key} never show {text}; they go forward then")
    if shown is WallTime.TWICE:
        readings = " or ".join(at_local(day, clock, zone, fold).astimezone(zone).isoformat() for fold in (0, 1))
        raise CannotPrice(f"{option}: clocks in {zone.key} show {text} twice; write {readings}")
    return at_local(day, clock, zone)


def show(tariff: Tariff, priced: Price, vehicle_class: str, out: Console) -> None:
    """The lines as a table, the total below."""
    entry, until = (local(at, tariff.zone) for at in (priced.entry, priced.until))
    version = tariff.versions[priced.version]
    numbered = f", version {priced.version + 1}" if len(tariff.versions) > 1 else ""
    out.print(f"{tariff.name}{numbered} ({tariff.zone.key})", markup=False)
    length = length_text(priced.until - priced.entry)
    out.print(f"{entry:%Y-%m-%d %H:%M:%S %z} to {until:%Y-%m-%d %H:%M:%S %z}: {length}", markup=False)
    table = Table(box=None, pad_edge=False, show_footer=True, padding=(0, 2, 0, 0))
    table.add_column("what", "total", overflow="fold")
    table.add_column("time", length, justify="right", no_wrap=True)
    table.add_column("amount", amount_text(priced.total), justify="right", no_wrap=True)
    for line in priced.lines:
        table.add_row(says(line), length_text(line.covered) if line.covered else "", amount_text(line.amount))
    out.print(table)
    if vehicle_class != CAR and all(rule.vehicle_class != vehicle_class for rule in version.classes):
        out.print(f"{vehicle_class} is not named in this tariff: priced as a car", markup=False)
    if priced.tax is not None:
        out.print(f"tax in it: {amount_text(priced.tax)}", markup=False)
