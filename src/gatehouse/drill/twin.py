"""Attacks on a keeper of the drill's own: the same program, in a folder that is deleted afterwards, invented people
and a clock that the drill moves. What they do (use up caps, erase, rewrite a log) would disturb a running site.

    python -m gatehouse.drill.twin FOLDER          the checks as JSON; the keeper's log goes to stderr
    run(follow) -> list[Check]                     the same in a process of its own
"""

import struct
import subprocess
import sys
import tempfile
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from gatehouse import wire
from gatehouse.crypto.letters import seal_letter
from gatehouse.crypto.signing import DeviceKeys, new_device_keys
from gatehouse.domain.plates import normalise
from gatehouse.drill import loot
from gatehouse.drill.checks import TWIN, Check, Place, skipped
from gatehouse.drill.here import answered, forged
from gatehouse.drill.needles import Needle, patterns
from gatehouse.drill.search import Haystack
from gatehouse.keeper import local, service
from gatehouse.keeper.budget import CAPS, WEB_LEAST
from gatehouse.keeper.certificate import NotProved
from gatehouse.keeper.client import Client, KeeperRefused
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.locate import PER_SITE, PER_SOURCE
from gatehouse.keeper.log import read_records
from gatehouse.keeper.protocol import (
    LABELS,
    Admitted,
    Authority,
    Budget,
    Cell,
    KeyClass,
    Owner,
    Plain,
    Role,
)
from gatehouse.keeper.rules import ALL_OPERATORS, NEVER_SHOWN, READS, WRITTEN_HERE
from gatehouse.keeper.verifying import verify_log
from gatehouse.machine import leave_no_core

SITE, OTHER_SITE, EDGE, ZONE = "twin-site", "twin-other-site", "twin-edge", "UTC"
PERSON = (KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK)
_SITE_BOUND = frozenset({KeyClass.SITE, KeyClass.BOOKS, KeyClass.SITE_DAY})


def run(follow: Callable[[int, int], None] = lambda done, total: None) -> list[Check]:
    """All checks of `TWIN`. `follow(done, total)` is called after each."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-twin-") as folder:
        words = [sys.executable, "-m", "gatehouse.drill.twin", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own module, no shell
            assert process.stdout is not None
            found = []
            for line in process.stdout:
                found.append(msgspec.json.decode(line, type=Check))
                follow(len(found), len(TWIN))
    missing = [code for code in TWIN if code not in {check.code for check in found}]
    return found + skipped(Place.TWIN, missing, "twin_failed")


@dataclass
class Twin:
    """The keeper, whoever works with it, and a clock that only the drill moves."""

    home: Path
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    keys: DeviceKeys = field(default_factory=new_device_keys)
    seq: int = 0

    def now(self) -> datetime:
        return self.at

    def start(self) -> None:
        self._service = service.Service(self.home, self)
        self._service.start()
        self.keeper = Client(local.socket_path(self.home), timeout_s=30)

    def stop(self) -> None:
        self.keeper.close()
        self._service.stop()

    def sign_in(self, role: Role, actor: str = "", sites: tuple[str, ...] = ()) -> Authority:
        code = local.invite_operator(self.home, actor or str(uuid.uuid4()), role, sites)
        return Authority(ticket=self.keeper.sign_in(code).token)

    def sealed(self, label: str, owner: str, text: str) -> Cell:
        key = LABELS[label].key
        year = self.at.year if key is KeyClass.BOOKS else None
        plain = Plain(label, Owner(owner, year=year), str(uuid.uuid4()), text.encode())
        (data,) = self.keeper.seal([plain])
        return Cell(label, plain.row, data)

    def people(self, count: int, label: str = "person.name/1") -> list[Cell]:
        ids = [str(uuid.uuid4()) for _ in range(count)]
        plains = [Plain(label, Owner(one), one, b"Nobody Invented") for one in ids]
        return [Cell(label, one, cell) for one, cell in zip(ids, self.keeper.seal(plains), strict=True)]

    def passage(self, **facts: Any) -> wire.Passage:
        given: dict[str, Any] = {"gate": "twin", "direction": "in", "means": "face", "reason": "rule", "sensed": True}
        new: dict[str, Any] = {"id": wire.new_id(self.at), "attempt": wire.new_id(self.at), "at": self.at}
        return wire.Passage(**(new | given | facts))

    def letter(self, body: wire.Body, *, edge: str = EDGE) -> wire.Letter:
        self.seq += 1
        sealed, signature = seal_letter(
            wire.encode(body), info=wire.LETTER_INFO, aad=wire.letter_aad(edge, self.seq),
            context=wire.LETTER_SIGNATURE, seal_key=self.keeper.hello().seal_key, sign_key=self.keys.sign_key,
        )  # fmt: skip
        return wire.Letter(edge=edge, seq=self.seq, body=sealed, signature=signature)

    def admitted(self, *bodies: wire.Body) -> list[Admitted]:
        results = self.keeper.admit([self.letter(body) for body in bodies], {SITE: self.at.date()})
        return [one for one in results if isinstance(one, Admitted)]


def checks(folder: Path) -> Iterator[Check]:
    """Every attack of `TWIN`, in order, against one keeper that is started in `folder`."""
    twin = Twin(folder)
    twin.start()
    try:
        local.enrol_edge(folder, EDGE, SITE, ZONE, twin.keys.public())
        owner = twin.sign_in(Role.OWNER)
        canaries, cells = _plant(twin)
        yield _canaries(twin, canaries, cells)
        yield _greedy(twin)
        yield _patient(twin)
        yield _restarted(twin)
        yield _letter_by_letter(twin)
        yield _many_readers(twin)
        yield _guessed_plates(twin)
        yield _forged_letters(twin)
        twin.at += timedelta(days=2)  # the caps that were used up are free again
        owner = twin.sign_in(Role.OWNER)
        yield _moved(twin, cells)
        yield _roles(twin, cells)
        yield _templates(twin, cells)
        yield _erased(twin, owner)
        yield _two_days(twin)
        yield _edited_log(twin)
    finally:
        twin.stop()


# --- what a thief could take ------------------------------------------------------------------------------------------


def _plant(twin: Twin) -> tuple[list[Needle], list[Cell]]:
    """A text of its own in every kind of field, and the plate of a car that passed."""
    canaries, cells = [], []
    for name, label in LABELS.items():
        if name not in WRITTEN_HERE:
            text = f"canary{uuid.uuid4().hex}"
            canaries.append(Needle("contacts", text))
            cells.append(twin.sealed(name, SITE if label.key in _SITE_BOUND else str(uuid.uuid4()), text))
    plate = f"京Z{uuid.uuid4().int % 100_000:05d}"
    canaries.append(Needle("plates", plate))
    for fact in twin.admitted(twin.passage(plate=plate, means="plate"), twin.passage(subject=str(uuid.uuid4()))):
        if fact.cell is not None:
            cells.append(Cell("passage.facts/1", fact.id, fact.cell, fact.token))
        if fact.lane is not None and fact.lane.stay is not None and fact.lane.plate_cell is not None:
            cells.append(Cell("stay.plate/1", fact.lane.stay, fact.lane.plate_cell))
    return canaries, cells


def _canaries(twin: Twin, canaries: list[Needle], cells: list[Cell]) -> Check:
    """In the sealed values, in the keeper's own files (store, log, write-ahead files) and in a refusal's words."""
    hay = Haystack((pattern, number) for number, one in enumerate(canaries) for pattern in patterns(one))
    assert hay.hits(str(canaries[0].value).encode()) == {0}
    found = set().union(*(hay.hits(cell.data) for cell in cells))
    for path in loot.files(twin.home):
        found |= hay.hits(path.read_bytes())
    for cell in cells:
        try:
            twin.keeper.reveal([cell], Authority(), "drill")
        except KeeperRefused as refused:
            found |= hay.hits(f"{refused} {refused.facts}".encode())
    return Check("canaries", Place.TWIN, len(canaries), len(found))


# --- readers ----------------------------------------------------------------------------------------------------------


def _read(twin: Twin, cells: Sequence[Cell], by: Authority) -> int:
    """One after another until the keeper refuses; how many it opened."""
    for number, cell in enumerate(cells):
        if not answered(lambda cell=cell: twin.keeper.reveal([cell], by, "drill")):  # type: ignore[misc]
            return number
    return len(cells)


def _capped(code: str, seen: int, cap: int) -> Check:
    """`seen` of people who could be seen up to `cap`; to have been stopped before it would be no proof of a cap."""
    assert seen >= cap, code
    return Check(code, Place.TWIN, tried=seen, failed=seen - cap)


def _greedy(twin: Twin) -> Check:
    cap = CAPS[Role.SECURITY][Budget.NAMES].hour
    return _capped("greedy_reader", _read(twin, twin.people(cap + 20), twin.sign_in(Role.SECURITY, "greedy")), cap)


def _restarted(twin: Twin) -> Check:
    cells, cap = twin.people(5), CAPS[Role.SECURITY][Budget.NAMES].day
    twin.stop()
    twin.start()
    seen = _read(twin, cells, twin.sign_in(Role.SECURITY, "patient"))
    return Check("restarted_keeper", Place.TWIN, tried=cap, failed=seen)


def _patient(twin: Twin) -> Check:
    """Hour after hour, under a new ticket each time."""
    caps, seen = CAPS[Role.SECURITY][Budget.NAMES], 0
    cells = twin.people(caps.day + 60)
    for _ in range(caps.day // caps.hour + 3):
        seen += _read(twin, cells[seen:], twin.sign_in(Role.SECURITY, "patient"))
        twin.at += timedelta(minutes=61)
    return _capped("patient_reader", seen, caps.day)


def _letter_by_letter(twin: Twin) -> Check:
    """A search answers with people, so each hit counts as a look."""
    twin.at += timedelta(days=2)
    cap = CAPS[Role.SECURITY][Budget.NAMES].hour
    ids = [str(uuid.uuid4()) for _ in range(cap + 20)]
    plains = [Plain("person.name/1", Owner(one), one, f"Nobody {n:03d}".encode()) for n, one in enumerate(ids)]
    data = twin.keeper.seal(plains)
    twin.keeper.index([Cell("person.name/1", one, cell) for one, cell in zip(ids, data, strict=True)])
    ticket, found = twin.sign_in(Role.SECURITY).ticket or "", set[str]()
    for number in range(len(ids)):
        try:
            found.update(twin.keeper.find(f"nobody {number:03d}", ticket))
        except KeeperRefused:
            break
    return _capped("letter_by_letter", len(found), cap)


def _many_readers(twin: Twin) -> Check:
    """Every invented owner has caps of their own; together they have the web process's."""
    twin.at += timedelta(days=2)
    stolen, seen = twin.sign_in(Role.OWNER), 0
    cells = twin.people(WEB_LEAST + 200)
    for _ in range(4):
        by = Authority(ticket=twin.keeper.sign_in(twin.keeper.invite(str(uuid.uuid4()), Role.OWNER, stolen)).token)
        while seen < len(cells):
            if not answered(lambda: twin.keeper.reveal(cells[seen : seen + 20], by, "drill")):  # noqa: B023 - called at once
                break
            seen += 20
    return _capped("many_readers", seen, WEB_LEAST)


def _guessed_plates(twin: Twin) -> Check:
    today = twin.at.date()

    def guesses(count: int, first: int, source: Callable[[int], str]) -> int:
        for number in range(first, first + count):
            if not answered(lambda n=number: twin.keeper.locate(SITE, today, f"京G{n:05d}", source(n))):  # type: ignore[misc]
                return number - first
        return count

    one = guesses(PER_SOURCE + 10, 0, lambda _: "one source")
    # Who owns the web process invents a source for every guess: then the site's cap stands.
    all_together = one + guesses(PER_SITE + 10, one, str)
    assert one >= PER_SOURCE
    assert all_together >= PER_SITE
    failed = one - PER_SOURCE + all_together - PER_SITE
    return Check("guessed_plates", Place.TWIN, tried=all_together, failed=failed)


# --- letters ----------------------------------------------------------------------------------------------------------


def _forged_letters(twin: Twin) -> Check:
    good = twin.letter(twin.passage(plate="京Z00001", means="plate"))
    bad = [
        msgspec.structs.replace(good, seq=good.seq + 1),
        msgspec.structs.replace(good, edge="another"),
        msgspec.structs.replace(good, signature=bytes(64)),
        twin.letter(twin.passage(), edge="another"),
    ]
    for place in range(0, len(good.body), 7):
        body = bytearray(good.body)
        body[place] ^= 1
        bad.append(msgspec.structs.replace(good, body=bytes(body)))
    results = twin.keeper.admit([good, *bad], {})
    assert isinstance(results[0], Admitted)
    return Check("forged_letters", Place.TWIN, len(bad), sum(isinstance(one, Admitted) for one in results[1:]))


# --- sealed values ----------------------------------------------------------------------------------------------------


def _moved(twin: Twin, cells: Sequence[Cell]) -> Check:
    """By the keys themselves, so that no rule of who may look stands before the seal."""
    got = tried = 0
    with Inspector(twin.home) as inspector:
        owners = inspector.subjects()
        for cell in cells:
            assert inspector.try_open(cell.data, [cell.row], [cell.label], cell.token) is not None, cell.label
            elsewhere = [(data, cell.row, cell.label) for data in forged(cell.data, owners)]
            elsewhere += [(cell.data, str(uuid.uuid4()), cell.label)]
            elsewhere += [(cell.data, cell.row, other) for other in LABELS if other != cell.label]
            for data, row, label in elsewhere:
                tried += 1
                got += inspector.try_open(data, [row], [label], cell.token) is not None
    return Check("moved_cells", Place.TWIN, tried, got)


def _roles(twin: Twin, cells: Sequence[Cell]) -> Check:
    """Each role and each label; then a worker at somebody else, and an owner of another site."""
    got = tried = 0
    askers = [(twin.sign_in(role), READS[role]) for role in sorted(ALL_OPERATORS)]
    for by, reads in [*askers, *((by, frozenset()) for by in _outsiders(twin))]:
        for cell in cells:
            if cell.label not in reads and LABELS[cell.label].budget is not Budget.NONE:
                tried += 1
                got += answered(lambda cell=cell, by=by: twin.keeper.reveal([cell], by, "drill"))  # type: ignore[misc]
    elsewhere = twin.sign_in(Role.OWNER, sites=(OTHER_SITE,))
    for cell in cells:
        if LABELS[cell.label].key in _SITE_BOUND and LABELS[cell.label].budget is not Budget.NONE:
            tried += 1
            got += answered(lambda cell=cell: twin.keeper.reveal([cell], elsewhere, "drill"))  # type: ignore[misc]
    return Check("roles", Place.TWIN, tried, got)


def _outsiders(twin: Twin) -> list[Authority]:
    """A worker whom no sealed value is about, and a contractor nobody works for: they may read nothing."""
    owner, nobody = twin.sign_in(Role.OWNER), str(uuid.uuid4())
    codes = [
        twin.keeper.invite(nobody, role, owner, sites=(SITE,), subject=nobody)
        for role in sorted(frozenset(Role) - ALL_OPERATORS)
    ]
    return [Authority(ticket=twin.keeper.sign_in(code).token) for code in codes]


def _templates(twin: Twin, cells: Sequence[Cell]) -> Check:
    never = [cell for cell in cells if cell.label in NEVER_SHOWN]
    askers = [*map(twin.sign_in, sorted(ALL_OPERATORS)), *_outsiders(twin)]
    got = [answered(lambda c=c, by=by: twin.keeper.reveal([c], by, "drill")) for c in never for by in askers]  # type: ignore[misc]
    return Check("templates", Place.TWIN, len(got), sum(got))


def _erased(twin: Twin, owner: Authority) -> Check:
    """The old copy is every sealed value of hers; she is enrolled again afterwards, which brings nothing back."""
    person = str(uuid.uuid4())
    labels = [name for name, label in LABELS.items() if label.key in PERSON and name not in NEVER_SHOWN]
    old = [twin.sealed(name, person, "erased") for name in labels]
    assert None not in twin.keeper.reveal(old, owner, "drill")
    twin.keeper.forget(person, PERSON, owner)
    got = tried = 0
    for again in (lambda: None, lambda: twin.sealed("person.name/1", person, "enrolled again"), twin.stop):
        again()
        if again == twin.stop:
            twin.start()
        for cell in old:
            tried += 1
            got += _opens(twin, cell, owner)
    return Check("erased_then_restored", Place.TWIN, tried, got)


def _opens(twin: Twin, cell: Cell, by: Authority) -> bool:
    try:
        return twin.keeper.reveal([cell], by, "drill") != [None]
    except KeeperRefused:
        return False


def _two_days(twin: Twin) -> Check:
    """What lies in two copies of the rows, a month apart, of the same people and cars: tokens and sealed values, whole
    and by their heads."""
    people = [cell.row for cell in twin.people(10)]
    plates = [normalise(f"京M{number:05d}") for number in range(10)]
    seen: list[list[set[bytes]]] = []
    for _ in range(2):
        bodies = [twin.passage(subject=one) for one in people]
        bodies += [twin.passage(plate=one, means="plate") for one in plates]
        facts = twin.admitted(*bodies)
        assert len(facts) == len(bodies)
        seen.append([{fact.token or b"", (fact.cell or b"")[-48:]} for fact in facts])
        twin.at += timedelta(days=30)
    shared = sum(bool(first & second) for first, second in zip(*seen, strict=True))
    return Check("two_days", Place.TWIN, tried=len(people) + len(plates), failed=shared)


# --- the log ----------------------------------------------------------------------------------------------------------


def _edited_log(twin: Twin) -> Check:
    head, log = twin.keeper.checkpoint(), twin.home / "keeper" / "log" / "entries"
    with Inspector(twin.home) as inspector:
        key = inspector.verify_key()
    verify_log(log, key, [head])
    lines = [payload for payload, _ in read_records(log)]
    middle = next(n for n, line in enumerate(lines[:-3]) if b"reveal" in line and line != lines[n + 1])
    deeds = {
        "edited": [*lines[:middle], lines[middle].replace(b"reveal", b"reveil"), *lines[middle + 1 :]],
        "cut": lines[:-2],
        "reordered": [*lines[:middle], lines[middle + 1], lines[middle], *lines[middle + 2 :]],
        "taken out": [*lines[:middle], *lines[middle + 1 :], lines[-1]],
        "forked": [*lines[:middle], *(line.replace(b"reveal", b"reveil") for line in lines[middle:])],
    }
    passed = 0
    for changed in deeds.values():
        assert changed != lines
        forgery = twin.home / "forged"
        forgery.write_bytes(b"".join(struct.pack(">II", len(one), zlib.crc32(one)) + one for one in changed))
        try:
            verify_log(forgery, key, [head])
            passed += 1
        except NotProved:
            continue
    return Check("edited_log", Place.TWIN, len(deeds), passed)


def main() -> None:
    leave_no_core()
    service.log_to_stderr()
    for check in checks(Path(sys.argv[1])):
        sys.stdout.write(msgspec.json.encode(check).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
