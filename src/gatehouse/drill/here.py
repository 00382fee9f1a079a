"""Attacks on this installation that change nothing and show nobody. Each returns a `Check`; what is asked of the keeper
is asked to be refused, with ids that are nobody's wherever an answer would do something.
"""

import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from gatehouse import wire
from gatehouse.crypto.errors import CryptoError
from gatehouse.crypto.letters import hpke_open, seal_letter
from gatehouse.crypto.sealing import MAGIC, KeyKind, KeyRef, read_ref
from gatehouse.crypto.signing import new_device_keys
from gatehouse.drill import loot, truth
from gatehouse.drill.checks import Check, Place, skipped
from gatehouse.edge import config as edge_config
from gatehouse.edge.errors import EdgeError
from gatehouse.keeper.certificate import NotProved
from gatehouse.keeper.client import Client, KeeperAway, KeeperRefused
from gatehouse.keeper.inspect import Found, Inspector
from gatehouse.keeper.local import socket_path
from gatehouse.keeper.protocol import LABELS, Admitted, Authority, Budget, Cell, KeyClass, Role
from gatehouse.keeper.rules import JOB_READS, JOBS
from gatehouse.keeper.verifying import verify_log

SAMPLE = 12  # rows of each table: an attack that opens one opens all
NO_TICKET = (Authority(), Authority(ticket=""), Authority(ticket="A" * 43), Authority(job=""), Authority(job="owner"))
_AGE = b"age-encryption.org/v1"
_TOLD = re.compile(r"status\.json|.*\.sha256|.*\.new")  # what lies beside sealed backups and holds no data
_ID = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_KEEPER_ASKED = ("no_ticket", "forged_letters", "forged_gallery", "log_stands")


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A sealed value of the loot, with the truth about it."""

    cell: Cell
    found: Found


def run(home: Path, copy: Path, inspector: Inspector) -> Iterator[Check]:
    """All checks of `HERE`, in order. `copy` is the loot."""
    sample = _sample(copy, inspector)
    yield _check("moved_cells", moved(sample, inspector), "no_cells")
    yield from _asked_of_the_keeper(home, inspector, sample)
    yield _check("erased_people", _erased(copy, inspector), "nobody_erased")
    yield _check("ids_in_logs", _ids_in_logs(copy, inspector), "no_logs")
    yield _check("open_backups", _open_backups(copy / "backups"), "no_backups")
    yield _spool(home)


def _check(code: str, attempts: Iterable[bool], none: str) -> Check:
    """`attempts` say of each whether it got through; `none` is why there was none."""
    counted = Counter(attempts)
    tried = counted.total()
    return Check(code, Place.HERE, tried, counted[True]) if tried else Check(code, Place.HERE, why=none)


def _sample(copy: Path, inspector: Inspector) -> list[Sealed]:
    """Sealed values out of every table: the first rows of each. None of a honey record: the keeper would alert."""
    taken: Counter[str] = Counter()
    honeys = inspector.honeys()
    sample: list[Sealed] = []
    for database in loot.databases(copy):
        for table, _, values in loot.rows(database):
            if taken[table] < SAMPLE:
                opened = truth.opened_row(values, inspector)
                found = [Sealed(cell, truth_of) for cell, truth_of in opened if truth_of.owner not in honeys]
                taken[table] += bool(found)
                sample += found
    return sample


# --- moved ------------------------------------------------------------------------------------------------------------


def moved(sample: list[Sealed], inspector: Inspector) -> Iterator[bool]:
    """Every way to lay a sealed value elsewhere. The right place is tried too: an attack that never opens
    anything would prove nothing."""
    owners = inspector.subjects()
    for one in sample:
        cell, label = one.cell, one.cell.label
        assert inspector.try_open(cell.data, [cell.row], [label], cell.token) is not None
        for data in forged(cell.data, owners):
            yield inspector.try_open(data, [cell.row], [label], cell.token) is not None
        yield inspector.try_open(cell.data, [str(uuid4())], [label], cell.token) is not None
        for other in LABELS:
            if other != label and LABELS[other].key is LABELS[label].key:
                yield inspector.try_open(cell.data, [cell.row], [other], cell.token) is not None


def forged(data: bytes, owners: Iterable[str]) -> Iterator[bytes]:
    """The same sealed bytes under another version, number or owner, and with a bit changed at either end."""
    ref = read_ref(data)
    behind = data[len(ref.header()) :]
    yield MAGIC[:2] + b"\x02" + data[3:]
    yield KeyRef(ref.kind, ref.owner, ref.number + 1).header() + behind
    same_kind = [owner for owner in owners if owner != ref.owner]
    for owner in same_kind[:3]:
        yield KeyRef(ref.kind, owner, ref.number).header() + behind
    for place in (len(ref.header()), len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        yield bytes(changed)


# --- asked of the running keeper --------------------------------------------------------------------------------------


def _asked_of_the_keeper(home: Path, inspector: Inspector, sample: list[Sealed]) -> list[Check]:
    with closing(Client(socket_path(home), timeout_s=20)) as keeper:
        try:
            return [
                _check("no_ticket", _no_ticket(keeper, sample), "no_cells"),
                _check("forged_letters", _forged_letters(keeper, inspector), "no_cells"),
                _check("forged_gallery", _forged_gallery(keeper, inspector, sample), "no_cells"),
                _log_stands(home, keeper, inspector),
            ]
        except KeeperAway:
            return skipped(Place.HERE, _KEEPER_ASKED, "keeper_away")


def answered(act: Callable[[], Any]) -> bool:
    """Whether the keeper did as it was asked."""
    try:
        act()
    except KeeperRefused:
        return False
    return True


def _no_ticket(keeper: Client, sample: list[Sealed]) -> Iterator[bool]:
    personal = [one.cell for one in sample if LABELS[one.cell.label].budget is not Budget.NONE]
    for cell in personal:
        for by in NO_TICKET:
            yield answered(lambda by=by, cell=cell: keeper.reveal([cell], by, "drill"))  # type: ignore[misc]
        for job in JOBS:
            if cell.label not in JOB_READS.get(job, frozenset()):
                by = Authority(job=job)
                yield answered(lambda by=by, cell=cell: keeper.reveal([cell], by, "drill"))  # type: ignore[misc]
    nobody, today = str(uuid4()), datetime.now(UTC).date()
    for by in NO_TICKET:
        ticket = by.ticket or ""
        for act in (
            lambda by=by: keeper.who(nobody, today, [b"\0" * 16], by),
            lambda by=by: keeper.tokens(nobody, today, [nobody], by),
            lambda by=by: keeper.invite(nobody, Role.OWNER, by),
            lambda by=by: keeper.forget(nobody, [KeyClass.IDENTITY], by),
            lambda ticket=ticket: keeper.find("drill", ticket),
            lambda ticket=ticket: keeper.looks(nobody, ticket),
            lambda ticket=ticket: keeper.usage(ticket),
        ):
            yield answered(act)


def _forged_letters(keeper: Client, inspector: Inspector) -> Iterator[bool]:
    """In the name of every enrolled gate computer, and of one that nobody enrolled."""
    seal_key, at = keeper.hello().seal_key, datetime.now(UTC)
    attempt = wire.Attempt(
        id=wire.new_id(at), gate="drill", at=at, seen_at=at, direction="in", means="plate", plate="DRILL000",
        granted=True, reason="rule",
    )  # fmt: skip
    letters = []
    for edge in (*(edge for edge, _ in inspector.edges()), "drill-nobody"):
        body, signature = seal_letter(
            wire.encode(attempt), info=wire.LETTER_INFO, aad=wire.letter_aad(edge, 1), context=wire.LETTER_SIGNATURE,
            seal_key=seal_key, sign_key=new_device_keys().sign_key,
        )  # fmt: skip
        letters += [
            wire.Letter(edge=edge, seq=1, body=body, signature=signature),
            wire.Letter(edge=edge, seq=1, body=body, signature=bytes(64)),
            wire.Letter(edge=edge, seq=1, body=b"", signature=b""),
        ]
    for result in keeper.admit(letters, {}):
        yield isinstance(result, Admitted)


def _forged_gallery(keeper: Client, inspector: Inspector, sample: list[Sealed]) -> Iterator[bool]:
    stranger = new_device_keys().public()
    keys = {"sign_key": stranger.sign_key, "seal_key": stranger.seal_key}
    edges = inspector.edges()
    for by in (*NO_TICKET, *(Authority(job=job) for job in JOBS)):
        for edge, site in (("drill-nobody", str(uuid4())), *edges):
            yield answered(lambda by=by, e=edge, s=site: keeper.enrol_edge(e, s, "UTC", by=by, **keys))  # type: ignore[misc]
    for one in sample:
        cell, owner = one.cell, one.found.owner.removeprefix("row:")
        yield answered(lambda cell=cell, owner=owner: keeper.reseal("drill-nobody", [cell], [owner]))  # type: ignore[misc]
        if not LABELS[cell.label].edges:  # what no gate computer gets, asked for by an enrolled one
            for edge, _ in edges:
                yield answered(lambda cell=cell, o=owner, e=edge: keeper.reseal(e, [cell], [o]))  # type: ignore[misc]


def _log_stands(home: Path, keeper: Client, inspector: Inspector) -> Check:
    """Every line under a head that the keeper signs now."""
    head = keeper.checkpoint()
    try:
        verified = verify_log(home / "keeper" / "log" / "entries", inspector.verify_key(), [head])
    except NotProved:
        return Check("log_stands", Place.HERE, tried=1, failed=1)
    return Check("log_stands", Place.HERE, tried=verified.proved)


# --- what lies about --------------------------------------------------------------------------------------------------


def _erased(copy: Path, inspector: Inspector) -> Iterator[bool]:
    """Rows that still stand in the data of somebody whose key is destroyed."""
    gone = {(kind, owner) for kind in KeyKind for owner in inspector.erased(kind)}
    if not gone:
        return
    for database in loot.databases(copy):
        for _, _, values in loot.rows(database):
            for value in values:
                if isinstance(value, bytes) and inspector.is_cell(value):
                    ref = read_ref(value)
                    if (ref.kind, ref.owner) in gone:
                        yield inspector.try_open(value, truth.ids(values)) is not None


def _ids_in_logs(copy: Path, inspector: Inspector) -> Iterator[bool]:
    """Lines of logs have times: an id of a person beside them would join the days."""
    known = {subject.replace("-", "").encode() for subject in inspector.subjects()}
    for path in loot.files(copy):
        if "logs" in path.relative_to(copy).parts:
            yield any(name.replace(b"-", b"") in known for name in _ID.findall(path.read_bytes()))


def _open_backups(folder: Path) -> Iterator[bool]:
    for path in loot.files(folder) if folder.is_dir() else []:
        if not _TOLD.fullmatch(path.name):
            with path.open("rb") as file:
                yield file.read(len(_AGE)) != _AGE


def _spool(home: Path) -> Check:
    """The letters of a gate computer whose folder lies here, with its own key at hand."""
    try:
        settings, keys = edge_config.load(home)
    except EdgeError:
        return Check("stolen_spool", Place.HERE, why="no_edge")
    with tempfile.TemporaryDirectory(prefix="gatehouse-drill-") as folder:
        stolen = Path(folder) / "spool.db"
        loot.copy_rows(edge_config.spool_path(home), stolen)
        with closing(sqlite3.connect(stolen)) as spool:
            rows = spool.execute("SELECT seq, body FROM letter").fetchall()
    return _check(
        "stolen_spool",
        (_opens(body, wire.letter_aad(settings.edge, seq), keys.seal_key) for seq, body in rows),
        "nothing_waits",
    )


def _opens(body: bytes, aad: bytes, private_key: bytes) -> bool:
    try:
        hpke_open(body, info=wire.LETTER_INFO, aad=aad, private_key=private_key)
    except CryptoError:
        return False
    return True
