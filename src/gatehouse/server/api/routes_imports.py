"""People with their photos, as the console's page hands them over: announced, sent in pieces, previewed, taken in."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import File as Upload
from ninja import Router
from ninja.files import UploadedFile
from pydantic import Field

from gatehouse.domain.photo_files import NoBundle
from gatehouse.domain.table_columns import Kind, missing
from gatehouse.domain.tables import NoTable
from gatehouse.server import moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Problem, must, not_found
from gatehouse.server.api.shapes import Answer, Made, Shape, Text
from gatehouse.server.interchange import checking, photos, queries, reading, running, sealed_file, undoing
from gatehouse.server.interchange.models import OPEN, Import, ImportState
from gatehouse.server.interchange.photos import NotTaken
from gatehouse.server.interchange.reading import SameFile
from gatehouse.server.interchange.sealed_file import Part

router = Router(tags=["imports"])

MOST_PARTS = 2000  # more go into a ZIP


class FilePart(Shape):
    name: Annotated[Text, Field(min_length=1, max_length=255)]
    size: Annotated[int, Field(ge=1, le=2**31)]


class HandOver(Shape):
    """One ZIP, or a table and its photos, which are sent one after another as if they were one file."""

    parts: Annotated[list[FilePart], Field(min_length=1, max_length=MOST_PARTS)]


class Announced(Made):
    """Pieces are of `piece` bytes, all but the last; they are numbered from 0."""

    piece: int


class Wanted(Answer):
    """Which piece is wanted next; as many as there are when all have come."""

    next: int


class RowFlaw(Answer):
    """`field` "photo": the person comes in without their face. Else the row is left out."""

    row: int
    field: str
    flaw: str


class PhotoImport(Answer):
    state: ImportState
    number: int
    rows: int
    looked_at: int
    ready: int
    faces_ready: int
    made: int
    known: int
    faces: int
    kept: int
    flaws: list[RowFlaw]


_NOT_TAKEN = {
    "empty": "Nothing is announced.",
    "too_big": "At most 2 GB are handed over at once.",
    "too_many": "At most 10,000 files are handed over at once.",
    "disk_full": "There is no room for it on the server's disk.",
    "not_now": "This is not being handed over any more, or not all of it has come.",
    "wrong_piece": "Another piece is wanted, or this one is cut off.",
}


def _refused(why: NotTaken) -> Problem:
    return Problem(409 if why.code in ("not_now", "wrong_piece") else 422, why.code, _NOT_TAKEN[why.code])


def _task(request: HttpRequest, import_id: UUID) -> Import:
    found = queries.one(import_id, reach.sites(request))
    if found is None or found.kind != Kind.PHOTOS:
        raise not_found("import")
    return found


def _state(task: Import) -> PhotoImport:
    task.refresh_from_db()
    flawed = queries.flawed(task).values_list("number", "field", "flaw")
    flaws = [RowFlaw(row=row, field=field, flaw=flaw) for row, field, flaw in flawed]
    checked = task.state == ImportState.CHECKED
    if checked:
        flaws += [RowFlaw(row=one.number, field="photo", flaw=one.face) for one in queries.without_face(task)]
    return PhotoImport(
        state=ImportState(task.state),
        number=task.number,
        rows=task.rows,
        looked_at=task.rows - queries.unseen(task).count(),
        ready=queries.waiting(task).count(),
        faces_ready=queries.ready_faces(task) if checked else 0,
        made=task.made,
        known=task.known,
        faces=task.faces,
        kept=task.kept,
        flaws=sorted(flaws, key=lambda one: one.row),
    )


@route(router, "POST", "/sites/{uuid:site_id}/photos", response={201: Announced})
def announce_photos(request: HttpRequest, site_id: UUID, body: HandOver) -> Announced:
    """Say what is going to be sent."""
    parts = [Part(one.name, one.size) for one in body.parts]
    task = photos.announce(reach.site(request, site_id), parts, by=caller(request).by, at=moment.now())
    if isinstance(task, NotTaken):
        raise _refused(task)
    return Announced(id=task.pk, piece=sealed_file.PIECE)


@route(router, "POST", "/photos/{uuid:import_id}/pieces/{int:number}", response=Wanted)
def send_piece(request: HttpRequest, import_id: UUID, number: int, image: Annotated[UploadedFile, Upload()]) -> Wanted:
    """One piece as multipart field `image`. The same piece twice does no harm."""
    task = _task(request, import_id)
    if image.size is None or image.size > sealed_file.PIECE:
        raise _refused(NotTaken("wrong_piece"))
    wanted = photos.take_piece(task, number, image.read())
    if isinstance(wanted, NotTaken):
        raise _refused(wanted)
    return Wanted(next=wanted)


@route(router, "POST", "/photos/{uuid:import_id}/read", response=PhotoImport)
def read_photos(request: HttpRequest, import_id: UUID) -> PhotoImport:
    """All has come: the table is read, and the photos of people who agreed are looked at from now on."""
    task, by, at = _task(request, import_id), caller(request).by, moment.now()
    try:
        found = photos.read(task, by=by, at=at)
    except (NoBundle, NoTable) as fault:
        raise Problem(422, str(fault.code.value), "This can not be taken in as people with photos.") from fault
    if isinstance(found, NotTaken):
        raise _refused(found)
    if isinstance(found, SameFile):
        raise Problem(409, "same_file", "This was handed over before.", number=found.held.number)
    lacking = missing(Kind.PHOTOS, found.mapping)
    if lacking:
        reading.drop(found, by=by, at=at)
        raise Problem(422, "no_number", "No column of the table is called as staff numbers are.")
    must(checking.check(found, found.mapping, by=by, at=at))
    return _state(found)


@route(router, "GET", "/photos/{uuid:import_id}", response=PhotoImport)
def photo_import(request: HttpRequest, import_id: UUID) -> PhotoImport:
    """How it stands, and row by row what is amiss; no row says who it is about."""
    return _state(_task(request, import_id))


@route(router, "POST", "/photos/{uuid:import_id}/start", response=PhotoImport)
def start_photos(request: HttpRequest, import_id: UUID) -> PhotoImport:
    """Take it in. It goes on by itself."""
    task = _task(request, import_id)
    must(running.start(task, by=caller(request).by, at=moment.now()))
    return _state(task)


@route(router, "POST", "/photos/{uuid:import_id}/undo", response=PhotoImport)
def undo_photos(request: HttpRequest, import_id: UUID) -> PhotoImport:
    """Take it back, for a while; ask again until it is undone."""
    task, by, at = _task(request, import_id), caller(request).by, moment.now()
    if task.state == ImportState.DONE:
        why = undoing.undo(task, by=by, at=at)
        if why is not None:
            raise Problem(409, why.value, "A later import brought punches, or this one is not finished.")
    if task.state == ImportState.UNDOING:
        must(running.step(task, by=by, at=at))
    return _state(task)


@route(router, "DELETE", "/photos/{uuid:import_id}", response={204: None})
def drop_photos(request: HttpRequest, import_id: UUID) -> None:
    """Away with what was not taken in."""
    task = _task(request, import_id)
    if task.state not in (*OPEN, ImportState.COMING, ImportState.LOOKING):
        raise _refused(NotTaken("not_now"))
    reading.drop(task, by=caller(request).by, at=moment.now())
