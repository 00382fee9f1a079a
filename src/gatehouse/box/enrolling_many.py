"""`gatehouse enrol many`: people with their photos from a ZIP or a folder, through the API, piece by piece."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatehouse.box.enrolling import CannotEnrol
from gatehouse.box.local_api import ApiProblem, LocalApi

PAUSE_S = 0.5
MOST_FILES = 2000  # beside each other; more go into a ZIP

# In the words of the command; the page has its own, which are translated.
WHY = {
    "several_faces": "the photo shows two faces or more",
    "no_face": "the photo shows no face",
    "dark": "the photo is too dark",
    "bright": "the photo is too bright",
    "small": "the photo shows the face too small",
    "blurred": "the photo is blurred",
    "turned": "the photo shows the face from the side",
    "no_image": "the photo can not be read",
    "too_large": "the photo is larger than 12 MB or 40 million pixels",
    "no_photo": "there is no photo",
    "missing": "no file is called as the photo is said to be",
    "shared": "another row names the same photo",
    "no_consent": "no consent is recorded for this person",
    "consent_unclear": "the consent lacks its date, how it was given or its language",
    "consent_ahead": "the consent is dated after today",
    "withdrawn": "this person took their consent back",
    "enrolled": "already enrolled",
}
BUNDLES = {
    "not_a_zip": "this is no ZIP that can be read",
    "too_many": "there are more than 10,000 files in it",
    "too_big": "it is, or unpacks to, more than is taken",
    "locked": "it has a password",
    "path": "a name in it leads out of its folder",
    "nested": "there is an archive in it; unpack that first",
    "no_table": "there is no CSV or XLSX with the people in it",
    "tables": "there is more than one table in it",
    "no_photos": "there is no photo in it",
    "no_number": "no column is called as staff numbers are, such as `number`",
    "same_file": "this very file was handed over before",
}


@dataclass(frozen=True, slots=True)
class Many:
    """A ZIP, or a folder with a table and its photos. `dry_run` looks and takes nothing in."""

    site: str
    path: Path
    dry_run: bool


Follow = Callable[[int, int], None]


def enrol_many(home: Path, port: int, wanted: Many, say: Callable[[str], None], follow: Follow) -> dict[str, Any]:
    """How it ended, as the API tells it. What was begun goes on if this is stopped. Raises CannotEnrol."""
    files = _files(wanted.path)
    try:
        with LocalApi(home, port) as api:
            site = _site(api, wanted.site)
            sizes = [file.stat().st_size for file in files]
            parts = [{"name": file.name, "size": size} for file, size in zip(files, sizes, strict=True)]
            told = api.post(f"sites/{site}/photos", parts=parts)
            address = f"photos/{told['id']}"
            _send(api, address, files, sum(sizes), told["piece"], follow)
            state = _settled(api, address, api.post(f"{address}/read"), ("looking",), "looked_at", follow)
            for line in preview(state):
                say(line)
            if wanted.dry_run:
                api.delete(address)
                say("Nothing was taken in.")
                return state
            begun = api.post(f"{address}/start")
            state = _settled(api, address, begun, ("running", "looking"), "made", follow)
            say(f"Import {state['number']}: {state['made']} new, {state['known']} known, {state['faces']} faces.")
            say(f"To take it back: gatehouse enrol undo {told['id']}")
            return state
    except ApiProblem as fault:
        raise CannotEnrol(f"{wanted.path}: {BUNDLES.get(fault.code, str(fault))}") from fault
    except OSError as fault:
        raise CannotEnrol(f"{fault.filename or wanted.path} cannot be read ({fault.strerror})") from fault


def undo_many(home: Path, port: int, import_id: str, follow: Follow) -> dict[str, Any]:
    """Take an import back as a whole. Raises CannotEnrol."""
    try:
        with LocalApi(home, port) as api:
            state = api.post(f"photos/{import_id}/undo")
            while state["state"] == "undoing":
                follow(0, state["made"])
                state = api.post(f"photos/{import_id}/undo")
            return dict(state)
    except ApiProblem as fault:
        raise CannotEnrol(str(fault)) from fault


def preview(state: dict[str, Any]) -> Iterator[str]:
    """Each row that has something amiss, in plain words."""
    yield f"{state['ready']} of {state['rows']} rows come in, {state['faces_ready']} with their face."
    for one in state["flaws"]:
        if one["field"] == "photo":
            yield f"  row {one['row']}: without a face, {WHY.get(one['flaw'], one['flaw'])}"
        else:
            yield f"  row {one['row']}: left out, {one['field']} {one['flaw'].replace('_', ' ')}"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise CannotEnrol(f"{path} is neither a ZIP nor a folder")
    found = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".") and _size(file))
    if not found or len(found) > MOST_FILES:
        raise CannotEnrol(f"{path} holds {len(found)} files; a folder holds 1 to {MOST_FILES}, more go into a ZIP")
    return found


def _size(file: Path) -> int:
    return file.stat().st_size


def _site(api: LocalApi, code: str) -> str:
    sites: list[dict[str, Any]] = api.get("sites")
    for site in sites:
        if site["code"] == code:
            return str(site["id"])
    known = ", ".join(site["code"] for site in sites) or "none yet"
    raise CannotEnrol(f"there is no site {code} (sites: {known})")


def _send(api: LocalApi, address: str, files: Sequence[Path], size: int, piece: int, follow: Follow) -> None:
    for number, data in enumerate(_pieces(files, piece)):
        api.upload(f"{address}/pieces/{number}", "piece", data)
        follow(min(size, (number + 1) * piece) // 1024, size // 1024)


def _pieces(files: Sequence[Path], piece: int) -> Iterator[bytes]:
    """The files one after another, in pieces of this many bytes; one of them is in memory."""
    held = bytearray()
    for path in files:
        with path.open("rb") as file:
            while data := file.read(piece - len(held)):
                held += data
                if len(held) == piece:
                    yield bytes(held)
                    held.clear()
    if held:
        yield bytes(held)


def _settled(
    api: LocalApi, address: str, state: dict[str, Any], under_way: Sequence[str], what: str, follow: Follow
) -> dict[str, Any]:
    while state["state"] in under_way:
        follow(state[what] + (state["known"] if what == "made" else 0), state["rows"])
        time.sleep(PAUSE_S)
        state = api.get(address)
    return state
