"""The caps of this keeper: the published ones, or what HOME/keeper/budgets.json says instead.

    {"caps": {"hr": {"names": [500, 1000, 10000]}}, "web": {"least": 1000, "share": 20}}

An hour's, a day's and thirty days' distinct people, by role and budget. Who may write this file is the keeper's own
user, never the server; a change is a line of the log, and Trust shows which caps are not the published ones."""

import hashlib
import pwd
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gatehouse.keeper import budget
from gatehouse.keeper.budget import Caps
from gatehouse.keeper.errors import UnsafeFile
from gatehouse.keeper.protocol import Budget, CapFile, CapRole, CapRow, Role

FILE = "budgets.json"
PUBLISHED = "published"
_MOST = 1_000_000


class _Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    least: int
    share: int


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    caps: dict[str, dict[Budget, tuple[int, int, int]]] = {}
    web: _Web | None = None


class Limits:
    """`name` stands in the log: what was set, in short."""

    def __init__(self, said: _File | None = None, name: str = PUBLISHED) -> None:
        self._said, self.name = said or _File(), name

    def caps(self, role: Role | CapRole, kind: Budget) -> Caps | None:
        """None: this role sees nothing of that budget. Whoever sees none of it gets none by a file either."""
        published = published_caps(role, kind)
        own = self._said.caps.get(role, {}).get(kind)
        return Caps(*own) if own and published else published

    def web(self, enrolled: int) -> int:
        """Of the whole web process, a day."""
        if self._said.web is None:
            return published_web(enrolled)
        return max(self._said.web.least, enrolled // self._said.web.share)

    def rows(self) -> list[CapRow]:
        """Every cap in force, for Trust."""
        found = [(role, kind, self.caps(role, kind)) for role in budget.CAPS for kind in budget.CAPS[role]]
        return [_row(role, kind, caps) for role, kind, caps in found if caps is not None]


def _name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def file_of(folder: Path, in_force: str) -> CapFile | None:
    """The file as it lies there now, None without one while the published caps are in force."""
    path = folder / FILE
    try:
        held, name = path.stat(), _name_of(path.read_bytes())
    except FileNotFoundError:
        return None if in_force == PUBLISHED else CapFile(str(path), "", None, waits=True)
    except OSError:  # it is there, and cannot be read: no start of the keeper would go well
        return CapFile(str(path), "", None, waits=True)
    return CapFile(str(path), _user(held.st_uid), datetime.fromtimestamp(held.st_mtime, UTC), waits=name != in_force)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _row(role: Role | CapRole, kind: Budget, caps: Caps) -> CapRow:
    usual = published_caps(role, kind) or caps
    defaults = (usual.hour, usual.day, usual.month)
    return CapRow(role, kind, caps.hour, caps.day, caps.month, caps == usual, defaults)


def published_web(enrolled: int) -> int:
    return max(budget.WEB_LEAST, enrolled // budget.WEB_SHARE)


def published_caps(role: Role | CapRole, kind: Budget) -> Caps | None:
    return budget.SELF if role is Role.WORKER else budget.CAPS[role].get(kind)


def limits_of(folder: Path) -> Limits:
    """What HOME/keeper/budgets.json says, the published caps without it. Raises UnsafeFile when it says no caps."""
    path = folder / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Limits()
    try:
        said = msgspec.json.decode(data, type=_File)
    except msgspec.MsgspecError as fault:
        raise UnsafeFile(f"{path} says no caps: {fault}") from fault
    known = {*Role, *CapRole}
    for role, kinds in said.caps.items():
        if role not in known:
            raise UnsafeFile(f"{path}: there is no role {role}")
        for kind, caps in kinds.items():
            if not 0 <= caps[0] <= caps[1] <= caps[2] <= _MOST:
                raise UnsafeFile(
                    f"{path}: {role}, {kind} must be [hour, day, 30 days], each no less than the one before"
                )
    if said.web is not None and not (0 <= said.web.least <= _MOST and said.web.share > 0):
        raise UnsafeFile(f"{path}: web must have a least number of people and a share of at least 1")
    return Limits(said, _name_of(data))
