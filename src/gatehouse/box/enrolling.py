"""`gatehouse enrol`: a person and their ways in, through the API, from a shell of the keeper's own user."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import segno

from gatehouse.box.local_api import ApiProblem, LocalApi
from gatehouse.clock import from_environment
from gatehouse.domain.periods import local_date

WORDING = "face-at-gates/1"
PHOTO_LIMIT = 11 * 1024 * 1024  # bytes


class CannotEnrol(Exception):
    """Why not, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who, and which ways in. `person` is the id of somebody known already, else name and number are a new one's."""

    site: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    person: str
    groups: tuple[str, ...]
    photo: Path | None
    consent: bool
    pass_out: Path | None
    days: int


def enrol(home: Path, port: int, wanted: Wanted, say: Callable[[str], None]) -> str:
    """The person's id. `say` is told each step. Raises CannotEnrol."""
    portrait = _portrait(wanted)
    if not wanted.person and not (wanted.name.strip() and wanted.number.strip()):
        raise CannotEnrol("say who: --name and --number of somebody new, or --person ID")
    if wanted.person and not _is_id(wanted.person):
        raise CannotEnrol(f"{wanted.person} is no person's id; it stands at the end of their page's address")
    if wanted.pass_out is not None and not wanted.pass_out.absolute().parent.is_dir():
        raise CannotEnrol(f"{wanted.pass_out.absolute().parent} is no folder")
    try:
        with LocalApi(home, port) as api:
            site = _site(api, wanted.site)
            person = wanted.person or _hire(api, site["id"], wanted)
            say(f"Person {person} is known at {wanted.site}.")
            if portrait is not None:
                _enrol_face(api, person, portrait)
                say("The face works at the gates within seconds. The picture was not kept.")
            if wanted.pass_out is not None:
                _write_pass(api, person, site["zone"], wanted.pass_out, wanted.days)
                say(f"The pass is in {wanted.pass_out}; whoever has it can pass, so hand it over and delete the file.")
    except ApiProblem as fault:
        raise CannotEnrol(str(fault)) from fault
    return str(person)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _portrait(wanted: Wanted) -> bytes | None:
    if wanted.photo is None:
        return None
    if not wanted.consent:
        raise CannotEnrol(
            "a face is enrolled only with the person's consent: ask, then add --consent; a --pass needs none"
        )
    try:
        data = wanted.photo.read_bytes()
    except OSError as fault:
        raise CannotEnrol(f"{wanted.photo} cannot be read ({fault.strerror})") from fault
    if not data or len(data) > PHOTO_LIMIT:
        raise CannotEnrol(f"{wanted.photo} is empty or larger than {PHOTO_LIMIT // 2**20} MiB")
    return data


def _site(api: LocalApi, code: str) -> dict[str, Any]:
    sites: list[dict[str, Any]] = api.get("sites")
    for site in sites:
        if site["code"] == code:
            return site
    known = ", ".join(site["code"] for site in sites) or "none yet"
    raise CannotEnrol(f"there is no site {code} (sites: {known})")


def _hire(api: LocalApi, site: str, wanted: Wanted) -> str:
    groups = {group["name"]: group["id"] for group in api.get(f"sites/{site}/groups")}
    unknown = [name for name in wanted.groups if name not in groups]
    if unknown:
        raise CannotEnrol(f"there is no group {unknown[0]} (groups: {', '.join(groups) or 'none yet'})")
    chosen = [groups[name] for name in dict.fromkeys(wanted.groups)]
    made = api.post(f"sites/{site}/people", number=wanted.number, name=wanted.name, groups=chosen)
    return str(made["id"])


def _enrol_face(api: LocalApi, person: str, portrait: bytes) -> None:
    api.post(f"people/{person}/consents", purpose="face", wording=WORDING)
    try:
        api.upload(f"people/{person}/face", "portrait", portrait)
    except ApiProblem as fault:
        again = f"The person is known without a face; try another picture with --person {person}"
        raise CannotEnrol(f"{fault} {again}") from fault


def _write_pass(api: LocalApi, person: str, zone: str, file: Path, days: int) -> None:
    today = local_date(from_environment().now(), ZoneInfo(zone))
    span = {"starts": today.isoformat(), "ends": (today + timedelta(days=days)).isoformat()}
    text = api.post(f"people/{person}/passes", **span)["text"]
    try:
        segno.make(text, error="m").save(str(file), kind="svg", scale=6)
        file.chmod(0o600)
    except OSError as fault:
        raise CannotEnrol(f"{file} cannot be written ({fault.strerror})") from fault
