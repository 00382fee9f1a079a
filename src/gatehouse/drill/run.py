"""The thief's turn: copy what may be stolen, search it for everything that the keeper knows, count what is found.

`found` must be zero throughout; `searched` says how hard was looked. A drill without needles of any kind proves nothing
and fails.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import psycopg
from rich.console import Console

from gatehouse.drill import links, loot, postgres, templates, truth
from gatehouse.drill.needles import CLASSES, Needle, patterns
from gatehouse.drill.search import Haystack
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.inspect import Found, Inspector
from gatehouse.machine import backups_folder

RESULT = "server/drill.json"  # the last result, for the Trust page: counts only
Follow = Callable[[int, int], None]


class CannotDrill(RuntimeError):
    """There is nothing to drill, or its keys cannot be read; the text says which."""


@dataclass(frozen=True, slots=True)
class Report:
    """Counts by class. `needles` counts distinct secrets; `found` those that a thief could read."""

    found: dict[str, int]
    files: int
    bytes: int
    needles: dict[str, int]

    @property
    def clean(self) -> bool:
        """Nothing found, and there was something to find."""
        return not any(self.found.values()) and any(self.needles.values())


def drill(home: Path, follow: Follow = lambda done, total: None) -> Report:
    """Raises CannotDrill. `follow(done, total)` is called as the search goes on."""
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
                return _search(copy, inspector, follow)
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
    searched = {"files": report.files, "bytes": report.bytes, "needles": report.needles}
    return {"found": report.found, "searched": searched}


def remember(home: Path, report: Report, at: datetime) -> None:
    """Leave the counts, and when they were made, where the Trust page finds them."""
    (home / "server").mkdir(parents=True, exist_ok=True)
    (home / RESULT).write_text(json.dumps(as_dict(report) | {"clean": report.clean, "at": at.isoformat()}), "ascii")


def show(report: Report, out: Console) -> None:
    out.print(f"A thief took {report.files} files, {report.bytes / 1e6:.1f} MB.")
    for kind, count in report.found.items():
        mark = "[bold red]FOUND[/]" if count else "[green]none [/]"
        words = kind.replace("_", " ")
        out.print(f"  {mark} {count:4d} {words:<20} of {report.needles.get(kind, 0)} that the keeper knows")
    if not any(report.needles.values()):
        out.print("[bold red]Nobody is known here yet, so nothing was proved.[/] Enrol somebody first.")
    elif report.clean:
        out.print("[green]Nothing readable was found.[/]")
