"""The thief's turn on the Trust page: its last result in words, a run with progress, and the sheet for an auditor.

The drill reads keys, so it runs as a process of its own and only where this server's user is the keeper's as well. In
an installation of three users it is not, on purpose: there the page says what to type.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.console import words, words_drill
from gatehouse.server.console.access import operator_of, reader
from gatehouse.server.moment import now

NEEDLES: dict[str, words.Text] = {
    "names": gettext_lazy("Names"),
    "plates": gettext_lazy("Plates"),
    "cards": gettext_lazy("Cards"),
    "contacts": gettext_lazy("Contacts"),
    "faces": gettext_lazy("Face pictures"),
    "templates": gettext_lazy("Face templates"),
    "linked_between_days": gettext_lazy("People linked between days"),
}
_TONES: dict[str, tuple[str, str]] = {"held": ("good", "yes"), "broken": ("stop", "warn"), "not_run": ("", "clock")}
_DEAD_S = 300  # a progress that has not moved for so long is of a drill that died
_running: list["subprocess.Popen[bytes]"] = []


class Searched(msgspec.Struct, frozen=True):
    files: int = 0
    bytes: int = 0
    needles: dict[str, int] = {}


class Tried(msgspec.Struct, frozen=True):
    code: str
    place: str
    state: str
    tried: int = 0
    failed: int = 0
    why: str = ""


class DrillFile(msgspec.Struct, frozen=True):
    """HOME/server/drill.json: counts of the last drill, written by the thief's command."""

    found: dict[str, int]
    searched: Searched
    at: datetime | None = None
    checks: list[Tried] = []
    clean: bool | None = None
    installation: str = ""
    versions: dict[str, str] = {}


class _Progress(msgspec.Struct, frozen=True):
    percent: int


@dataclass(frozen=True, slots=True)
class Row:
    """An attack in words. `then` says why it was not run."""

    what: words.Text
    tried: int
    failed: int
    tone: str
    mark: str
    said: str
    then: words.Text = ""


def last_drill() -> dict[str, object] | None:
    """The last drill in words, None when there was none or its file is not readable."""
    file = Path(settings.HOME) / "server" / "drill.json"
    try:
        last = msgspec.json.decode(file.read_bytes(), type=DrillFile)
    except (FileNotFoundError, PermissionError, msgspec.MsgspecError):
        return None
    broken = [one for one in last.checks if one.state == "broken"]
    clean = not any(last.found.values()) and any(last.searched.needles.values()) and not broken
    clean = clean and last.clean is not False
    here, twin = (_rows(last.checks, place) for place in ("here", "twin"))
    return {
        "at": last.at,
        "tone": "good" if clean else "stop",
        "mark": "yes" if clean else "warn",
        "said": _("A thief would find nobody") if clean else _("A thief would find somebody: act now"),
        "searched": _("Searched %(files)d files, %(size)d kB, in every common encoding")
        % {"files": last.searched.files, "size": last.searched.bytes // 1000},
        "rows": [
            {"name": NEEDLES.get(name, name), "needles": last.searched.needles.get(name, "–"), "found": count}
            for name, count in last.found.items()
        ],
        "here": here,
        "twin": twin,
        "attacks": _counted(last.checks),
        "installation": last.installation,
        "versions": sorted(last.versions.items()),
    }


def _rows(checks: Iterable[Tried], place: str) -> list[Row]:
    table = words_drill.HERE if place == "here" else words_drill.TWIN
    rows = []
    for one in checks:
        if one.place == place:
            tone, mark = _TONES.get(one.state, _TONES["broken"])
            what = table.get(one.code, one.code)
            rows.append(Row(what, one.tried, one.failed, tone, mark, _said(one), words_drill.WHY.get(one.why, one.why)))
    return rows


def _said(one: Tried) -> str:
    if one.state == "held":
        return _("held")
    return _("not tried") if one.state == "not_run" else _("got through")


def _counted(checks: Iterable[Tried]) -> str:
    held = [one for one in checks if one.state == "held"]
    if not held:
        return ""
    tried = sum(one.tried for one in held)
    return _("%(kinds)d kinds of attack held, %(tried)d tries") % {"kinds": len(held), "tried": tried}


# --- running it -------------------------------------------------------------------------------------------------------


def may_run() -> bool:
    """Whether this process could read the keys that a drill needs: only where server and keeper are one user."""
    return os.access(Path(settings.HOME) / "keeper" / "store.db", os.R_OK)


def under_way() -> int | None:
    """How much of a drill is done, in percent; None when none runs."""
    path = Path(settings.HOME) / "server" / "drill-progress.json"
    ours = any(process.poll() is None for process in _running)
    try:
        told = msgspec.json.decode(path.read_bytes(), type=_Progress).percent
    except (OSError, msgspec.MsgspecError):
        return 0 if ours else None
    return told if ours or now().timestamp() - path.stat().st_mtime < _DEAD_S else None


def context() -> dict[str, object]:
    return {"drill": last_drill(), "drilling": under_way(), "may_drill": may_run(), "home": settings.HOME}


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """One at a time: whoever presses twice sees the one that runs."""
    who = reader(request)
    if may_run() and under_way() is None:
        command = [sys.executable, "-m", "gatehouse", "drill", "--home", str(settings.HOME)]
        none = subprocess.DEVNULL
        _running[:] = [subprocess.Popen(command, stdin=none, stdout=none, stderr=none)]  # noqa: S603 - no shell
        _write_down(By.ticket(operator_of(request).pk, who.token))
    return redirect("trust")


@transaction.atomic
def _write_down(by: By) -> None:
    record("drill.started", "server", "drill", by=by, at=now())


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """The card alone, asked for every second while a drill runs."""
    return render(request, "console/drill.html", context())
