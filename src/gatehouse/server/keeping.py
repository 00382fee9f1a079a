"""The one place of the server that speaks to the keeper.

Everything that the server may do with keys goes through here: sealing, admitting, and looking, each by somebody's
authority. A look that the keeper refuses is an answer (`Refused`), which pages word; a refused seal is a fault of ours
and raises `KeeperRefused`. A keeper that does not answer raises `KeeperAway`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from ipaddress import IPv6Network, ip_address
from typing import Literal, Protocol, TypeVar

import structlog

from gatehouse.keeper.client import KeeperAway, KeeperRefused
from gatehouse.keeper.protocol import (
    Admissions,
    Admit,
    Admitted,
    Alike,
    AskKeys,
    Authority,
    Bytes,
    Cell,
    Claim,
    Claimed,
    Done,
    Find,
    Forget,
    ForgetBooks,
    ForgetDays,
    Forgotten,
    Held,
    HeldList,
    Hold,
    Index,
    KeyClass,
    KeyState,
    LiftHold,
    Locate,
    Located,
    Names,
    Note,
    Owner,
    Plain,
    Plated,
    PlateTokens,
    Prove,
    Refused,
    Reply,
    Request,
    Reseal,
    Resemble,
    Retoken,
    Retokened,
    Reveal,
    Revealed,
    Seal,
    Sealed,
    Second,
    SecondPlate,
    Secret,
    Sent,
    Sign,
    TakeSnapshot,
    Text,
    Tokens,
    Tombstones,
    Unadmitted,
    Who,
)
from gatehouse.wire import Letter

__all__ = ["KeeperAway", "KeeperRefused"]

log = structlog.get_logger()

R = TypeVar("R", bound=Reply)


class Asker(Protocol):
    """The part of `keeper.client.Client` that is used here. `call` raises KeeperAway."""

    def call(self, request: Request) -> Reply: ...


_asker: list[Asker] = []


def configure(asker: Asker | None) -> None:
    """Say who asks the keeper for this process; None for nobody."""
    _asker[:] = [asker] if asker else []
    _source_key.clear()
    _alias_key.clear()


def ask(request: Request, expected: type[R]) -> R | Refused:
    """The keeper's reply, a refusal included. Raises KeeperAway."""
    if not _asker:
        raise KeeperAway("not configured")
    reply = _asker[0].call(request)
    if isinstance(reply, expected | Refused):
        return reply
    raise KeeperAway(f"unexpected reply {type(reply).__name__}")


def must(request: Request, expected: type[R]) -> R:
    """The keeper's reply where a refusal is a fault. Raises KeeperAway, KeeperRefused."""
    reply = ask(request, expected)
    if isinstance(reply, Refused):
        raise KeeperRefused(reply.code, reply.facts)
    return reply


T = TypeVar("T")


def _as_many(answers: list[T], asked: Sequence[object]) -> list[T]:
    """One answer for each that was asked; a keeper that says more or fewer is not believed at all. Raises
    KeeperAway."""
    if len(answers) != len(asked):
        raise KeeperAway("not as many answers as were asked")
    return answers


# --- sealing -----------------------------------------------------------------------------------------------------


def plain(label: str, owner: object, row: object, data: bytes, **scope: date | int) -> Plain:
    """A plaintext for `seal_many`; ids may be UUIDs. `scope` is the `day` or `year` of the key."""
    day, year = scope.get("day"), scope.get("year")
    assert day is None or isinstance(day, date)
    assert year is None or isinstance(year, int)
    return Plain(label=label, owner=Owner(id=str(owner), day=day, year=year), row=str(row), data=data)


def seal_many(cells: Sequence[Plain]) -> list[bytes]:
    """Sealed, in order. Raises KeeperAway, KeeperRefused."""
    return _as_many(must(Seal(cells=list(cells)), Sealed).cells, cells) if cells else []


def seal_one(label: str, owner: object, row: object, data: bytes, **scope: date | int) -> bytes:
    return seal_many([plain(label, owner, row, data, **scope)])[0]


def cell(label: str, row: object, data: bytes | memoryview, token: bytes | None = None) -> Cell:
    """A cell of a row, for looking."""
    return Cell(label=label, row=str(row), data=bytes(data), token=None if token is None else bytes(token))


# --- looking -----------------------------------------------------------------------------------------------------


def reveal(cells: Sequence[Cell], by: Authority, purpose: str) -> list[bytes | None] | Refused:
    """Plaintexts in order, None where a key is gone; or why not. Raises KeeperAway."""
    if not cells:
        return []
    reply = ask(Reveal(cells=list(cells), by=by, purpose=purpose), Revealed)
    return reply if isinstance(reply, Refused) else _as_many(reply.data, cells)


def who(site: object, day: date, tokens: Sequence[bytes], by: Authority) -> list[str] | Refused:
    """Whose day tokens; "" where nobody enrolled. Raises KeeperAway."""
    if not tokens:
        return []
    reply = ask(Who(site=str(site), day=day, tokens=[bytes(t) for t in tokens], by=by), Names)
    return reply if isinstance(reply, Refused) else _as_many(reply.ids, tokens)


def tokens(site: object, day: date, subjects: Iterable[object], by: Authority) -> list[bytes] | Refused:
    asked = [str(subject) for subject in subjects]
    reply = ask(Tokens(site=str(site), day=day, subjects=asked, by=by), Sealed)
    return reply if isinstance(reply, Refused) else _as_many(reply.cells, asked)


def locate(site: object, stay_day: date, plate: str, source: str) -> PlateTokens | Refused:
    """The tokens under which an open stay of this plate would lie. Raises KeeperAway."""
    reply = ask(Locate(site=str(site), stay_day=stay_day, plate=plate, source=source), Located)
    return reply if isinstance(reply, Refused) else reply.tokens


def resemble(read: Cell, stays: Sequence[Cell], by: Authority) -> list[str] | Refused:
    """How alike the plate of a gate's facts is to each of these stays' (`domain.matching.Likeness`). Raises
    KeeperAway."""
    if not stays:
        return []
    reply = ask(Resemble(read=read, stays=list(stays), by=by), Alike)
    return reply if isinstance(reply, Refused) else _as_many(reply.how, stays)


def second_plate(stay_day: date, stay: object, read: Cell, by: Authority) -> Second | Refused:
    """The plate of a gate's facts as the stay's second one. Raises KeeperAway."""
    reply = ask(SecondPlate(stay_day=stay_day, stay=str(stay), read=read, by=by), Plated)
    return reply if isinstance(reply, Refused) else reply.second


def claim(asked: Claim) -> Claimed | Refused:
    """Whose stay a driver means. Raises KeeperAway."""
    return ask(asked, Claimed)


def index(cells: Sequence[Cell]) -> None:
    """Let the keeper search these cells of indexed labels in its memory. Raises KeeperAway."""
    if cells:
        must(Index(cells=list(cells)), Done)


def index_soon(cells: Sequence[Cell]) -> None:
    """As `index`, for cells that were just written: with the keeper away they wait for the next round of `reindex`,
    since what was written stands."""
    try:
        index(cells)
    except KeeperAway:
        log.warning("index.waits", count=len(cells))


def find(text: str, ticket: str, limit: int = 25, among: Iterable[object] | None = None) -> list[str] | Refused:
    """Ids of the people and vehicles that match, of all or of those `among`; every hit counts as seen. Raises
    KeeperAway."""
    within = None if among is None else [str(one) for one in among]
    reply = ask(Find(text=text, ticket=ticket, limit=limit, among=within), Names)
    return reply if isinstance(reply, Refused) else reply.ids


# --- letters, edges ----------------------------------------------------------------------------------------------


def admit(
    letters: Sequence[Letter], stay_days: dict[str, date], sent: Sent | None = None
) -> list[Admitted | Unadmitted]:
    """Raises KeeperAway, KeeperRefused."""
    return _as_many(must(Admit(letters=list(letters), stay_days=stay_days, sent=sent), Admissions).results, letters)


def reseal(edge: str, cells: Sequence[Cell], owners: Sequence[object]) -> list[bytes | None]:
    """Cells sealed anew to the edge's own key, None where a key is gone. Raises KeeperAway, KeeperRefused."""
    if not cells:
        return []
    return _as_many(must(Reseal(edge=edge, cells=list(cells), owners=[str(o) for o in owners]), Revealed).data, cells)


def retoken(site: object, day: date, stays: Sequence[Cell]) -> list[PlateTokens | None]:
    """The new day's tokens, None for a stay whose key is gone. Raises KeeperAway, KeeperRefused."""
    if not stays:
        return []
    return _as_many(must(Retoken(site=str(site), day=day, stays=list(stays)), Retokened).tokens, stays)


# --- the rest ----------------------------------------------------------------------------------------------------


def secret(name: str) -> bytes:
    """A secret of the server's that lies only at the keeper."""
    return must(Secret(name=name), Bytes).data


def sign_pass(claims: dict[str, str | int], by: Authority) -> str | Refused:
    reply = ask(Sign(kind="pass", claims=claims, by=by), Text)
    return reply if isinstance(reply, Refused) else reply.text


def sign_receipt(claims: dict[str, str | int], by: Authority) -> str | Refused:
    reply = ask(Sign(kind="receipt", claims=claims, by=by), Text)
    return reply if isinstance(reply, Refused) else reply.text


def sign_ask(claims: dict[str, str | int], by: Authority) -> str | Refused:
    """A question to an edge, which answers nobody without. Raises KeeperAway."""
    reply = ask(Sign(kind="ask", claims=claims, by=by), Text)
    return reply if isinstance(reply, Refused) else reply.text


def forget(subject: object, classes: Sequence[KeyClass], by: Authority) -> Forgotten | Refused:
    """Destroy the keys of these classes of one person or vehicle; what a legal hold covers stays until then. Raises
    KeeperAway."""
    return ask(Forget(subject=str(subject), classes=list(classes), by=by), Forgotten)


def forget_stay(stay: object, by: Authority) -> Refused | None:
    """Destroy the key of a stay that is over; None when done. Raises KeeperAway."""
    reply = ask(Forget(subject=str(stay), classes=[KeyClass.STAY], by=by), Done)
    return reply if isinstance(reply, Refused) else None


def forget_days(site: object, before: date, which: Literal["others", "all"], by: Authority) -> Tombstones | Refused:
    """Destroy the keys of a site's days before a date. Raises KeeperAway."""
    return ask(ForgetDays(site=str(site), before=before, by=by, which=which), Tombstones)


def forget_books(site: object, before: int, by: Authority) -> Tombstones | Refused:
    """Destroy the keys of a site's books before a year. Raises KeeperAway."""
    return ask(ForgetBooks(site=str(site), before=before, by=by), Tombstones)


def held(subject: object, by: Authority) -> HeldList | Refused:
    """Of which classes there are keys, and what holds them. Raises KeeperAway."""
    return ask(Held(subject=str(subject), by=by), HeldList)


def hold(subject: object, key: KeyClass, until: date, why: str, reference: str, by: Authority) -> str | Refused:
    """Lay a legal hold; its id. Raises KeeperAway."""
    asked = Hold(subject=str(subject), key=key, until=until, why=why, by=by, reference=reference)
    reply = ask(asked, Text)
    return reply if isinstance(reply, Refused) else reply.text


def lift_hold(name: str, subject: object, by: Authority) -> Refused | None:
    """Take a legal hold away; what waited for it is destroyed. Raises KeeperAway."""
    reply = ask(LiftHold(id=name, subject=str(subject), by=by), Done)
    return reply if isinstance(reply, Refused) else None


def prove(place: int, ticket: str) -> bytes | Refused:
    """One line of the log with its proof. Raises KeeperAway."""
    reply = ask(Prove(place=place, ticket=ticket), Bytes)
    return reply if isinstance(reply, Refused) else reply.data


def note(hashes: Sequence[bytes]) -> None:
    if hashes:
        must(Note(hashes=[bytes(h) for h in hashes]), Done)


def key_state() -> KeyState:
    """How the keys and their copies stand. Raises KeeperAway."""
    return must(AskKeys(), KeyState)


def recovery_recipient() -> str:
    """To whom backups are sealed, "" while there is no recovery key. Raises KeeperAway."""
    return key_state().recipient


def take_key_snapshot() -> None:
    """The keys beside a backup of the data. Raises KeeperAway, KeeperRefused."""
    must(TakeSnapshot(by=Authority(job="backup")), Text)


_source_key: list[bytes] = []


def source_of(address: str) -> str:
    """The keyed hash of an asking address: the same within a run, and telling nothing afterwards. Of an IPv6 address
    its network counts: whoever has one has 2^64 addresses in it."""
    if not _source_key:
        _source_key.append(secret("sources"))
    return hashlib.blake2b(_network(address).encode(), key=_source_key[0][:64], digest_size=16).hexdigest()


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(IPv6Network((int(found) >> 64 << 64, 64)))


_alias_key: list[bytes] = []


def alias(kind: str, name: object, day: date) -> str:
    """What stands for a person or vehicle in the log of that date: another word on every date, and nobody's without the
    keeper. Raises KeeperAway until the key was fetched once."""
    if not _alias_key:
        _alias_key.append(secret("audit"))
    text = "\x1f".join((day.isoformat(), kind, str(name)))
    return "~" + hashlib.blake2b(text.encode(), key=_alias_key[0][:64], digest_size=16).hexdigest()
