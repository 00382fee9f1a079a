"""Imports: hand a file over, say what its columns are, look at what would happen, take it in, undo it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.photo_rows import Fate
from gatehouse.domain.table_columns import Kind, fields, missing
from gatehouse.domain.tables import MOST_COLUMNS, NoTable
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.console import words
from gatehouse.server.console import words_interchange as said
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.interchange import cells, checking, queries, reading, running, undoing, workbooks
from gatehouse.server.interchange.models import OPEN, Import, ImportState
from gatehouse.server.interchange.sealed_file import PIECE
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

PURPOSE = "imports.page"
PAGE = 25
FLAWS_SHOWN = 100
BY_TABLE = (Kind.PEOPLE, Kind.SHIFTS, Kind.PUNCHES)  # what one file tells alone


@require_safe
def imports(request: HttpRequest, number: int = 1) -> HttpResponse:
    return _list(request, number)


def _list(request: HttpRequest, number: int = 1, wrong: words.Wording | None = None) -> HttpResponse:
    sites = sites_visible_to(reader(request))
    shown, pager = paged(queries.imports(sites), number, PAGE, lambda page: reverse("imports-page", args=[page]))
    context = tabs(request, "imports") | {
        "rows": [_row(one) for one in shown],
        "pager": pager,
        "sites": sites,
        "kinds": [(code, *said.KINDS[code]) for code in BY_TABLE],
        "chosen": request.POST.get("kind", "people"),
        "wrong": wrong,
    }
    return render(request, "interchange/imports.html", context, status=422 if wrong else 200)


def _row(task: Import) -> dict[str, object]:
    state, tone, mark = said.STATES[task.state]
    return {
        "id": task.pk,
        "number": task.number,
        "kind": said.KINDS[task.kind][0],
        "site": task.site.name,
        "added_on": task.added_on,
        "rows": task.rows,
        "state": state,
        "tone": tone,
        "mark": mark,
    }


@require_POST
def bring(request: HttpRequest) -> HttpResponse:
    """A file is read, and where its columns tell what they are the preview comes at once."""
    who, file = reader(request), request.FILES.get("file")
    site = next((one for one in sites_visible_to(who) if str(one.pk) == request.POST.get("site", "")), None)
    kind = request.POST.get("kind", "")
    if site is None or kind not in BY_TABLE or file is None or not hasattr(file, "read"):
        return _list(request, wrong=words.Wording(_("Choose a file, a site and what the file tells about")))
    try:
        table = workbooks.read(file.read())
    except NoTable as fault:
        wording = said.FAULTS[fault.code]
        what = (
            _("Row %(number)d: %(what)s") % {"number": fault.row, "what": wording.what} if fault.row else wording.what
        )
        return _list(request, wrong=words.Wording(what, wording.do))
    return brought(request, reading.bring(site, Kind(kind), table, by=who.by, at=now()))


def brought(request: HttpRequest, task: Import | reading.SameFile) -> HttpResponse:
    if isinstance(task, reading.SameFile):
        text = _("This file was handed over before, as import %(number)d. Nothing came in again.")
        messages.error(request, text % {"number": task.held.number}, "info")
        return _to(task.held)
    if task.state in OPEN and not missing(Kind(task.kind), task.mapping):
        _check(request, task, task.mapping)
    return _to(task)


def _check(request: HttpRequest, task: Import, mapping: dict[str, int]) -> None:
    answer = checking.check(task, mapping, by=reader(request).by, at=now())
    if isinstance(answer, Refused):
        _tell(request, answer)


def _tell(request: HttpRequest, answer: Refused) -> None:
    wording = words.refused(answer.code)
    messages.error(request, f"{wording.what}. {wording.do}", "warn")


def _to(task: Import) -> HttpResponse:
    return HttpResponseRedirect(reverse("imports-one", args=[task.pk]))


def task_of(request: HttpRequest, import_id: UUID) -> Import:
    """Raises Http404."""
    found = queries.one(import_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


@require_safe
def one(request: HttpRequest, import_id: UUID) -> HttpResponse:
    return _page(request, task_of(request, import_id))


def _page(request: HttpRequest, task: Import, **more: object) -> HttpResponse:
    context = tabs(request, "imports") | _state(task) | {"may_undo": task.state == ImportState.DONE}
    if task.state in OPEN:
        context |= _columns(request, task)
    if task.state == ImportState.COMING:
        context["coming"] = {
            "size": task.size,
            "piece": PIECE,
            "to": reverse("imports-photos-piece", args=[task.pk, 0]).removesuffix("0"),
            "read": reverse("imports-photos-read", args=[task.pk]),
            "next": task.pieces,
        }
    flawed, counts = queries.flawed(task).exclude(field="photo"), queries.flaw_counts(task)
    context |= _faces(task, counts) | {
        "flaws": [_flaw(row.number, row.field, row.flaw) for row in flawed[:FLAWS_SHOWN]],
        "flaw_counts": [(_flaw(0, field, flaw)["said"], count) for field, flaw, count in counts if field != "photo"],
        "flawed": flawed.count(),
        "ready": queries.waiting(task).count() if task.state == ImportState.CHECKED else 0,
    }
    return render(request, "interchange/import.html", context | more)


def _faces(task: Import, counts: list[tuple[str, str, int]]) -> dict[str, object]:
    """Who comes in without a face and why: before as the rows tell, afterwards as they are left."""
    if task.kind != Kind.PHOTOS:
        return {}
    if task.state == ImportState.CHECKED:
        rows = [(row.number, row.face) for row in queries.without_face(task)[:FLAWS_SHOWN]]
        found = queries.face_counts(task)
    else:
        rows = list(queries.flawed(task).filter(field="photo").values_list("number", "flaw")[:FLAWS_SHOWN])
        found = [(flaw, count) for field, flaw, count in counts if field == "photo"]
    return {
        "faceless": [_flaw(number, "photo", code) for number, code in rows],
        "faceless_counts": [(_flaw(0, "photo", code)["said"], count) for code, count in found],
        "faceless_count": sum(count for _code, count in found),
        "faces_ready": queries.ready_faces(task) if task.state == ImportState.CHECKED else 0,
    }


def _flaw(number: int, field: str, flaw: str) -> dict[str, object]:
    return {"number": number, "said": f"{said.FIELDS.get(field, field)} {said.FLAWS.get(flaw, flaw)}"}


def _columns(request: HttpRequest, task: Import) -> dict[str, object]:
    """The form of the columns; the head of a file may be somebody's name, so it is a look."""
    head = cells.head(task, reader(request).by.authority, PURPOSE)
    if isinstance(head, Refused):
        return {"refused": words.refused(head.code), "columns": []}
    kind = Kind(task.kind)
    wanted = missing(kind, task.mapping)
    return {
        "head": list(enumerate(head)),
        "columns": [
            {
                "name": field.name,
                "said": said.FIELDS[field.name],
                "required": field.required,
                "at": task.mapping.get(field.name),
                "wanted": field.name in wanted,
            }
            for field in fields(kind)
        ],
        "unsaid": [said.FIELDS[name] for name in wanted],
    }


def _state(task: Import) -> dict[str, object]:
    left = queries.waiting(task).count() if task.state in (ImportState.RUNNING, ImportState.CHECKED) else 0
    done = task.made + task.known
    under_way = task.state in (ImportState.LOOKING, ImportState.RUNNING, ImportState.UNDOING)
    return {
        "task": _row(task),
        "code": task.state,
        "kind_code": task.kind,
        "by": handle_of(task.added_by),
        "made": task.made,
        "known": task.known,
        "kept": task.kept,
        "faces": task.faces,
        "left_out": max(0, task.rows - done) if task.state in (ImportState.DONE, ImportState.UNDONE) else 0,
        "days_left": len(task.days),
        "under_way": under_way or bool(task.days),
        "by_hand": task.kind == Kind.PUNCHES or task.state not in (ImportState.RUNNING, ImportState.LOOKING),
        "percent": _percent(task, done, left),
        "progress": _progress(task, done, left),
    }


def _percent(task: Import, done: int, left: int) -> int:
    if task.state == ImportState.LOOKING:
        return 100 * (task.rows - queries.unseen(task).count()) // max(1, task.rows)
    return 100 * done // max(1, done + left) if task.state == ImportState.RUNNING else 100


def _progress(task: Import, done: int, left: int) -> str:
    if task.state == ImportState.RUNNING:
        count = done + left
        text = ngettext("%(done)d of %(count)d row taken in", "%(done)d of %(count)d rows taken in", count)
        return text % {"done": done, "count": count}
    if task.state == ImportState.LOOKING:
        count = task.rows
        text = ngettext("%(done)d of %(count)d photo looked at", "%(done)d of %(count)d photos looked at", count)
        return text % {"done": count - queries.unseen(task).count(), "count": count}
    if task.state == ImportState.UNDOING:
        return _("People are being taken out, with their keys")
    if task.days:
        count = len(task.days)
        text = ngettext("%(count)d day is to be counted anew", "%(count)d days are to be counted anew", count)
        return text % {"count": count}
    return ""


@require_POST
def columns(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """What the columns are; then every row is read by them."""
    task = task_of(request, import_id)
    mapping = _mapping(request.POST, Kind(task.kind))
    unsaid = missing(Kind(task.kind), mapping)
    if unsaid:
        names = ", ".join(str(said.FIELDS[name]) for name in unsaid)
        messages.error(request, _("Say which column holds: %(names)s") % {"names": names}, "warn")
    elif task.state in OPEN:
        _check(request, task, mapping)
    return _to(task)


def _mapping(form: QueryDict, kind: Kind) -> dict[str, int]:
    """Columns as they were chosen; what is no number of a column is none."""
    found = {}
    for field in fields(kind):
        text = form.get(f"column-{field.name}", "")
        if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= MOST_COLUMNS:
            found[field.name] = int(text)
    return found


@require_POST
def rows(request: HttpRequest, import_id: UUID, number: int = 1) -> HttpResponse:
    """A page of the file's rows, opened on a click: each counts as a look."""
    task = task_of(request, import_id)
    shown, pager = paged(
        queries.shown(task), number, PAGE, lambda page: reverse("imports-rows-page", args=[task.pk, page])
    )
    facts = cells.opened(shown, reader(request).by.authority, PURPOSE)
    if isinstance(facts, Refused):
        return _page(request, task, rows_refused=words.refused(facts.code))
    names = [(field.name, said.FIELDS[field.name]) for field in fields(Kind(task.kind)) if field.name in task.mapping]
    lines = []
    for row, fact in zip(shown, facts, strict=True):
        places = [task.mapping[name] for name, _said in names]
        lines.append(
            {
                "number": row.number,
                "cells": [
                    {"text": fact.cells[at] if at < len(fact.cells) else "", "bad": row.flaw and row.field == name}
                    for at, (name, _said) in zip(places, names, strict=True)
                ],
                "flaw": _flaw(row.number, row.field, row.flaw)["said"] if row.flaw else "",
                "known": task.kind == Kind.PEOPLE and bool(fact.person),
                "face": _what_of_the_face(row.face, fact.quality) if task.kind == Kind.PHOTOS else "",
            }
        )
    return _page(request, task, lines=lines, line_names=[text for _name, text in names], rows_pager=pager)


def _what_of_the_face(face: str, quality: int) -> str:
    if face == Fate.READY:
        return _("with their face, picture %(n)d of 100") % {"n": quality}
    return _("without a face: the photo %(why)s") % {"why": said.FLAWS.get(face, face)}


@require_POST
def start(request: HttpRequest, import_id: UUID) -> HttpResponse:
    task = task_of(request, import_id)
    answer = running.start(task, by=reader(request).by, at=now())
    if isinstance(answer, Refused):
        _tell(request, answer)
    return _to(task)


@require_safe
def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The bar alone, which asks again until everything is in."""
    return render(request, "interchange/progress.html", _state(task_of(request, import_id)))


@require_POST
def step(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """What needs whoever imports: it goes on for a moment, and the bar asks again."""
    task = task_of(request, import_id)
    answer = running.step(task, by=reader(request).by, at=now())
    part = request.headers.get("HX-Request") == "true"
    if isinstance(answer, Refused):
        if part:
            task.refresh_from_db()
            return render(request, "interchange/progress.html", _state(task) | {"refused": words.refused(answer.code)})
        _tell(request, answer)
    task.refresh_from_db()
    return render(request, "interchange/progress.html", _state(task)) if part else _to(task)


@require_POST
def undo(request: HttpRequest, import_id: UUID) -> HttpResponse:
    task = task_of(request, import_id)
    answer = undoing.undo(task, by=reader(request).by, at=now())
    if answer is not None:
        messages.error(request, str(said.NOT_UNDONE[answer]), "warn")
    return _to(task)


@require_POST
def drop(request: HttpRequest, import_id: UUID) -> HttpResponse:
    task = task_of(request, import_id)
    if not reading.drop(task, by=reader(request).by, at=now()):
        return _to(task)
    messages.success(request, _("The file is gone. Nothing came in."), "yes")
    return HttpResponseRedirect(reverse("imports"))
