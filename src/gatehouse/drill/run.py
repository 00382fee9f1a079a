"""The thief's turn: copy what may be stolen, search it for everything that the keeper knows, count what is found; then
the attacks of `checks`.

`found` must be zero throughout; `searched` says how hard was looked. A drill without needles of any kind proves nothing
and fails; so does one with an attack that got through.
"""

import json
import os
import platform
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import psycopg
from rich.console import Console

from gatehouse.drill import here, links, loot, postgres, templates, truth, twin
from gatehouse.drill.checks import Check, Place, State, said
from gatehouse.drill.needles import CLASSES, Needle, patterns
from gatehouse.drill.search import Haystack
from gatehouse.keeper.certificate import origin_of
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.inspect import Found, Inspector
from gatehouse.machine import backups_folder, replace_durably

RESULT = "server/drill.json"  # the last result, for the Trust page: counts only
PROGRESS = "server/drill-progress.json"  # how far it is, while it runs
SEARCH_SHARE = 70  # of a hundred: the rest is the attacks
Follow = Callable[[int, int], None]
Beside = Callable[[Path, Path, Inspector], Iterable[Check]]


class CannotDrill(RuntimeError):
    """There is nothing to drill, or its keys cannot be read; the text says which."""


@dataclass(frozen=True, slots=True)
class Report:
    """Counts by class. `needles` counts distinct secrets; `found` those that a thief could read. `installation` is the
    name of its keeper's log, which is derived from its public key."""

    found: dict[str, int]
    files: int
    bytes: int
    needles: dict[str, int]
    checks: tuple[Check, ...] = ()
    installation: str = ""

    @property
    def clean(self) -> bool:
        """Nothing found, there was something to find, and no attack got through or could not be mounted."""
        held = all(check.state is not State.BROKEN and check.why != "twin_failed" for check in self.checks)
        return held and not any(self.found.values()) and any(self.needles.values())


def drill_and_attack(home: Path, follow: Follow = lambda done, total: None) -> Report:
    """The search, the attacks on this installation, and those on a keeper of the drill's own. Raises CannotDrill."""
    report = drill(home, lambda done, total: follow(min(done, total - 1) * SEARCH_SHARE, total * 100), here.run)
    rest = 100 - SEARCH_SHARE
    told = twin.run(lambda done, total: follow(SEARCH_SHARE * total + rest * done, 100 * total))
    return replace(report, checks=(*report.checks, *told))


def _nothing_beside(home: Path, copy: Path, inspector: Inspector) -> Iterable[Check]:
    return ()


def drill(home: Path, follow: Follow = lambda done, total: None, beside: Beside = _nothing_beside) -> Report:
    """The search, and what is tried `beside` it. Raises CannotDrill. `follow(done, total)` is called
    as the search goes on."""
    if not os.path.exists(home / "keeper" / "store.db"):  # False also where this user may not look
        raise CannotDrill(f"{home} holds no keeper; the drill runs in the installation's home, as the keeper's user")
    with tempfile.TemporaryDirectory(prefix="gatehouse-drill-") as folder:
        copy = Path(folder)
        loot.copy_home(home, copy)
        elsewhere = backups_folder(home)
        if home.absolute() not in elsewhere.parents and elsewhere.is_dir():
            loot.copy_home(elsewhere, copy / "backups")
        if os.environ.get("DATABASE_URL"):
            try:
                postgres.copy(os.environ["DATABASE_URL"], copy / "server" / "postgresql.db")
            except psycopg.Error as fault:
                raise CannotDrill(f"the database of DATABASE_URL cannot be copied: {fault}") from fault
        try:
            with Inspector(home) as inspector:
                found = _search(copy, inspector, follow)
                checks = tuple(beside(home, copy, inspector))
                return replace(found, checks=checks, installation=origin_of(inspector.verify_key()))
        except (KeeperError, PermissionError) as fault:
            raise CannotDrill(f"the keys cannot be read: {fault}") from fault


def _search(copy: Path, inspector: Inspector, follow: Follow) -> Report:
    databases = loot.databases(copy)
    cells = [found for database in databases for found in truth.opened(database, inspector)]
    needles = sorted({needle for cell in cells for needle in truth.needles(cell)}, key=repr)
    searched = Haystack((pattern, number) for number, needle in enumerate(needles) for pattern in patterns(needle))
    vectors = [truth.vectors(cell) for cell in cells if cell.label == "face.template/1"]
    known = np.concatenate(vectors) if vectors else np.zeros((0, 1), np.float32)

    hits: set[int] = set()
    matched: set[int] = set()
    shown = done = 0
    total = sum(path.stat().st_size for path in loot.files(copy))
    for piece in loot.pieces(copy):
        hits |= searched.hits(piece.data)
        if len(known):
            matched |= templates.matching(piece.data, known)
        shown += templates.faces_shown(piece.data)
        done += len(piece.data)
        follow(min(done, total), total)

    found = Counter(needles[number].kind for number in hits)
    found["faces"] += shown
    found["templates"] += len(matched)
    plates = [needle.value for needle in needles if needle.kind == "plates" and isinstance(needle.value, str)]
    tokens = truth.tokens(inspector, plates)
    found["linked_between_days"] = sum(len(links.links(database, tokens)) for database in databases)
    return Report(
        found={kind: found[kind] for kind in (*CLASSES, "linked_between_days")},
        files=len(loot.files(copy)),
        bytes=total,
        needles=_counts(needles, cells, len(known), tokens),
    )


def _counts(needles: list[Needle], cells: list[Found], vectors: int, tokens: links.Truth) -> dict[str, int]:
    counts = Counter(needle.kind for needle in needles)
    # Whoever has an enrolled face is looked for in every picture as well, with a photo of theirs at hand or not.
    counts["faces"] += len({cell.owner for cell in cells if cell.label == "face.template/1"})
    counts["templates"] = vectors
    counts["linked_between_days"] = len({subject for owners in tokens.tokens.values() for subject in owners.values()})
    return {kind: counts[kind] for kind in (*CLASSES, "linked_between_days")}


def as_dict(report: Report) -> dict[str, object]:
    """Counts only. `checks` has what each attack tried, and how often it got through."""
    searched = {"files": report.files, "bytes": report.bytes, "needles": report.needles}
    checks = [
        {
            "code": one.code,
            "place": one.place,
            "state": one.state,
            "tried": one.tried,
            "failed": one.failed,
            "why": one.why,
        }
        for one in report.checks
    ]
    told = {"found": report.found, "searched": searched, "checks": checks, "clean": report.clean}
    return told | {"installation": report.installation, "versions": versions()}


def versions() -> dict[str, str]:
    """What ran here, for the sheet."""
    return {
        "gatehouse": version("gatehouse"),
        "python": platform.python_version(),
        "cryptography": version("cryptography"),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
    }


def remember(home: Path, report: Report, at: datetime) -> None:
    """Leave the counts, and when they were made, where the Trust page finds them."""
    (home / "server").mkdir(parents=True, exist_ok=True)
    (home / RESULT).write_text(json.dumps(as_dict(report) | {"at": at.isoformat()}), "ascii")


@contextmanager
def telling(home: Path) -> Iterator[Follow]:
    """How far a drill is, in `PROGRESS`, for the Trust page; gone when the drill is over. A folder that cannot be
    written is no reason not to drill."""
    path, last = home / PROGRESS, [-1]

    def tell(done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent != last[0]:
            last[0] = percent
            with suppress(OSError):
                replace_durably(path, json.dumps({"percent": percent}).encode())

    tell(0, 1)
    try:
        yield tell
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


_MARKS = {State.HELD: "[green]none [/]", State.BROKEN: "[bold red]FOUND[/]", State.NOT_RUN: "[yellow]-    [/]"}
_PLACES = {Place.HERE: "here", Place.TWIN: "on a keeper of the drill's own"}


def show(report: Report, out: Console) -> None:
    out.print(f"A thief took {report.files} files, {report.bytes / 1e6:.1f} MB.")
    for kind, count in report.found.items():
        mark = "[bold red]FOUND[/]" if count else "[green]none [/]"
        words = kind.replace("_", " ")
        out.print(f"  {mark} {count:4d} {words:<20} of {report.needles.get(kind, 0)} that the keeper knows")
    for check in report.checks:
        out.print(f"  {_MARKS[check.state]} {check.failed:4d} of {check.tried}: {said(check)} ({_PLACES[check.place]})")
    if not any(report.needles.values()):
        out.print("[bold red]Nobody is known here yet, so nothing was proved.[/] Enrol somebody first.")
    elif report.clean:
        out.print("[green]Nothing readable was found.[/]")
