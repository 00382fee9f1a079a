"""Visitors: whose cells a host reads, and what the job `visits` may do by itself, to visitors and to nobody else.

A visitor is whoever has a key of a visit and none of an enrolled person's. So a web process that was taken over signs
no pass for a worker, follows none, and destroys no worker's keys by this job.
"""

from collections.abc import Iterable

import msgspec

from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper.cells import Opened
from gatehouse.keeper.protocol import KeyClass
from gatehouse.keeper.rules import VISIT_PASS_S
from gatehouse.keeper.vault import Asker, Vault
from gatehouse.wire import PASS_KIND

_ENROLLED = (KeyKind.FACE, KeyKind.IDENTITY, KeyKind.WORK)
_OF_A_VISIT = frozenset({KeyClass.VISIT, KeyClass.ACCESS})


class _Hosted(msgspec.Struct):
    """What every cell of a visit that is read says beside the rest."""

    host: str


_hosted = msgspec.json.Decoder(_Hosted).decode


def is_host_of(subject: str | None, cell: Opened) -> bool:
    """Whether the cell is of a visit to this person, by its own seal."""
    if subject is None or cell.label.key is not KeyClass.VISIT:
        return False
    try:
        return _hosted(cell.data).host == subject
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def is_visitor(vault: Vault, subject: str) -> bool:
    return _has(vault, subject, KeyKind.VISIT) and not any(_has(vault, subject, kind) for kind in _ENROLLED)


def may_sign(vault: Vault, asker: Asker, kind: str, claims: dict[str, str | int]) -> bool:
    """A visitor's pass of the next minutes, by the job."""
    if kind != PASS_KIND or asker.job is None or not asker.may("sign.visit"):
        return False
    in_time = int(claims["exp"]) <= vault.now().timestamp() + VISIT_PASS_S
    return in_time and is_visitor(vault, str(claims["sub"]))


def may_follow(vault: Vault, asker: Asker, subjects: Iterable[str]) -> bool:
    """The day tokens of visitors alone, by the job that notes when they come and leave."""
    if asker.job is None or not asker.may("tokens.visit"):
        return False
    return all(is_visitor(vault, subject) for subject in subjects)


def may_forget(vault: Vault, asker: Asker, subject: str, classes: set[KeyClass]) -> bool:
    """All keys of a visit at once, by the job; also once more, when they are gone already."""
    if asker.job is None or not asker.may("forget.visit") or classes != _OF_A_VISIT:
        return False
    gone = not _has(vault, subject, KeyKind.VISIT) and not _has(vault, subject, KeyKind.ACCESS)
    return gone or is_visitor(vault, subject)


def _has(vault: Vault, subject: str, kind: KeyKind) -> bool:
    return vault.store.key(KeyRef(kind, subject)) is not None
