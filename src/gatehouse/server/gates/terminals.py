"""Terminals of a gate: tablets that the edge serves itself. The server gives out the code that pairs one, sealed to the
edge and shown once; whatever the tablet holds afterwards, and whatever it sees, the server never has."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.db import transaction

from gatehouse.server import bus, keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Device, DeviceKind, DeviceState, Gate
from gatehouse.server.people.actions import bump_roster
from gatehouse.wire import PairingCode

CODE_HOLDS = timedelta(minutes=15)
DRIVER = "browser"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another
_LENGTH = 10  # 50 random bits


@dataclass(frozen=True, slots=True)
class Given:
    """The code of a terminal, shown once."""

    terminal: Device
    code: str = field(repr=False)
    ends: datetime

    @property
    def shown(self) -> str:
        return f"{self.code[:5]}-{self.code[5:]}"


def add_terminal(gate: Gate, *, by: By, at: datetime) -> Given:
    """A terminal that waits for its tablet. Raises KeeperAway."""
    new_id, code, ends = uuid4(), _code(), at + CODE_HOLDS
    cell = _sealed(gate.site_id, new_id, code, ends)
    with transaction.atomic():
        terminal = Device.objects.create(
            id=new_id, gate=gate, kind=DeviceKind.TERMINAL, driver=DRIVER, address="", secret_cell=cell,
            state=DeviceState.WAITING,
        )  # fmt: skip
        record("terminal.added", "device", new_id, by=by, at=at)
        bump_roster(gate.site_id)
    return Given(terminal, code, ends)


def give_new_code(terminal: Device, *, by: By, at: datetime) -> Given:
    """For another tablet, or when the code was not used in time. The tablet before is a terminal no more. Raises
    KeeperAway."""
    code, ends = _code(), at + CODE_HOLDS
    cell = _sealed(terminal.gate.site_id, terminal.pk, code, ends)
    with transaction.atomic():
        Device.objects.filter(pk=terminal.pk).update(secret_cell=cell, state=DeviceState.WAITING)
        record("terminal.new_code", "device", terminal.pk, by=by, at=at)
        bump_roster(terminal.gate.site_id)
    terminal.refresh_from_db()
    return Given(terminal, code, ends)


@transaction.atomic
def take_away(terminal: Device, *, by: By, at: datetime) -> None:
    """It opens nothing any more, within seconds where the edge is heard."""
    record("terminal.taken_away", "device", terminal.pk, by=by, at=at)
    bump_roster(terminal.gate.site_id)
    terminal.delete()


def note_paired(site: UUID, gate: str, terminal: UUID) -> None:
    """The edge says that a tablet took the code. Must run inside a transaction; an edge of another site changes
    nothing."""
    found = Device.objects.filter(
        pk=terminal, kind=DeviceKind.TERMINAL, gate__site_id=site, gate__code=gate, state=DeviceState.WAITING
    )
    if found.update(state=DeviceState.PAIRED):
        transaction.on_commit(lambda: bus.publish(bus.FeedChanged(str(site))))


def _code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _sealed(site: UUID, terminal: UUID, code: str, ends: datetime) -> bytes:
    secret = PairingCode(code=code, ends=int(ends.timestamp()))
    return keeping.seal_one("device.secret/1", site, terminal, msgspec.json.encode(secret))
