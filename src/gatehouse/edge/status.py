"""What a running edge tells on its own machine: a small file without a name or plate, and the words for it.

EDGEHOME/edge/status.json is written over every few seconds while the edge runs; `gatehouse edge status` and the doctor
read it. It holds ages and codes only.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from gatehouse.clock import monotonic_s
from gatehouse.domain.offline import ServerAway
from gatehouse.domain.policy import Gate
from gatehouse.edge import cache, config
from gatehouse.edge.contact import SteadyClock, Surroundings
from gatehouse.edge.errors import AlreadyRunning, SpoolFailed
from gatehouse.edge.knowing import Known
from gatehouse.edge.roster import Knowledge
from gatehouse.edge.spool import Spool
from gatehouse.edge.terminals import places
from gatehouse.vision.calibration import Standing, people_needed
from gatehouse.vision.faces import MODEL

if TYPE_CHECKING:
    from gatehouse.edge.service import Post

log = structlog.get_logger()

EVERY_S = 5.0


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """`does` is what the gate does by itself at this moment: `rules`, or a code of domain.offline."""

    gate: str
    does: str
    camera_lost: bool
    relay_lost: bool


class Faces(msgspec.Struct, frozen=True, kw_only=True):
    """What a face alone is worth here: `standing` is a code of vision.calibration, shares lie in [0, 1]."""

    people: int
    threshold: float
    stated: float
    bound: float
    standing: str
    alike: int = 0  # pairs of people for whom a face alone is not enough
    outdated: int = 0  # people whose face another model has made


class Status(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    server_heard: bool  # since this start
    silent_s: int
    clock_doubtful: bool
    letters_waiting: int
    lanes: list[Lane]
    faces: Faces | None = None


class Teller:
    """Writes the file while the edge runs. A disk that does not take it costs the file and nothing else."""

    def __init__(self, home: Path, clock: SteadyClock, around: Surroundings) -> None:
        self._path = path(home)
        self._clock = clock
        self._around = around
        self._told_s = float("-inf")

    def tell(self, posts: Mapping[str, "Post"], known: Known, spool: Spool) -> None:
        if monotonic_s() - self._told_s < EVERY_S:
            return
        self._told_s = monotonic_s()
        contact, gates = self._around.contact(), known.now().policy.gates
        lanes = []
        for code, post in sorted(posts.items()):
            gate = gates.get(code)
            does = "rules" if gate is None or not gate.offline().is_cut_off(contact) else does_alone(gate)
            blind, mute = post.keeper.misses()
            lanes.append(Lane(gate=code, does=does, camera_lost=blind, relay_lost=mute))
        try:
            status = Status(
                at=self._clock.now(),
                server_heard=self._around.touch.ever,
                silent_s=int(contact.silent_s),
                clock_doubtful=contact.clock_doubtful,
                letters_waiting=spool.waiting(),
                lanes=lanes,
                faces=_faces(known.now()),
            )
            draft = self._path.with_suffix(".draft")
            draft.touch(mode=0o600)
            draft.write_bytes(msgspec.json.encode(status))
            draft.replace(self._path)
        except (SpoolFailed, OSError) as fault:
            log.warning("status.not_told", fault=type(fault).__name__)


def _faces(known: Knowledge) -> Faces | None:
    found = known.calibration
    if found is None:
        # Nobody is known by face; where an older model made all of them that is to be told.
        return (
            Faces(people=0, threshold=0.0, stated=0.0, bound=1.0, standing="", outdated=known.outdated)
            if (known.outdated)
            else None
        )
    return Faces(
        alike=len(known.alike),
        outdated=known.outdated,
        people=found.people,
        threshold=round(found.threshold, 4),
        stated=found.false_match,
        bound=round(found.bound, 4),
        standing=found.standing.value,
    )


def does_alone(gate: Gate) -> str:
    """The code of what a gate does without a server; `rules` for one that never needs it."""
    lane = gate.offline()
    if gate.collects or gate.admits_unknown or lane.away() is ServerAway.ADMIT:
        return lane.away().value
    return "rules"


def path(home: Path) -> Path:
    return config.folder(home) / "status.json"


# --- for whoever asks -------------------------------------------------------------------------------------------------

DOES = {
    "rules": "works by its rules",
    "hold": "lets through permits and paid stays that it knows, and holds everybody else",
    "admit": "admits everybody",
    "open_after": "lets every car out whose plate it reads; what a stay costs is recorded as owed",
    "open_free": "lets every car out free of charge",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that `gatehouse edge status` knows; ages in seconds, None for never or not known."""

    edge: str
    server: str
    runs: bool
    roster_age_s: int | None
    lease_left_s: int | None
    gates: dict[str, str]  # what each does without a server
    now: Status | None
    terminals: int = 0  # how many this site has
    terminals_at: str = ""  # the address for tablets
    fingerprint: str = ""  # of the certificate that they are shown


def look(home: Path, at: datetime) -> Told:
    """Raises NotInitialised, UnsafeKey, EdgeError."""
    settings, keys = config.load(home)
    kept = cache.load(config.cache_path(home), keys) or cache.Kept()
    roster, came = kept.roster, kept.roster_at
    return Told(
        edge=settings.edge,
        server=settings.server_url,
        runs=_runs(home),
        roster_age_s=None if came is None else _seconds(at - came),
        lease_left_s=None if roster is None else max(0, _seconds(roster.lease_ends - at)),
        gates={gate.code: does_alone(gate) for gate in roster.gates} if roster else {},
        now=_read(home),
        terminals=sum(device.kind == "terminal" for device in roster.devices) if roster else 0,
        terminals_at=places.address_of(settings.terminals),
        fingerprint=places.fingerprint_of(home),
    )


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _runs(home: Path) -> bool:
    try:
        config.claim(home).close()
    except AlreadyRunning:
        return True
    return False


def _read(home: Path) -> Status | None:
    try:
        return msgspec.json.decode(path(home).read_bytes(), type=Status)
    except (OSError, msgspec.MsgspecError):
        return None


def lines(told: Told) -> Iterator[str]:
    """The same in words, for a terminal."""
    yield f"edge {told.edge}: {'running' if told.runs else 'NOT running'}, server {told.server}"
    now = told.now if told.runs else None
    if now is not None:
        heard = f"heard {length(now.silent_s)} ago" if now.server_heard else "not heard since this start"
        yield f"server: {heard}, {now.letters_waiting} letters wait for it"
        if now.clock_doubtful:
            yield "clock: DOUBTFUL, this machine's time cannot be right; faces and passes wait until it is set"
    if told.roster_age_s is None:
        yield "knowledge: none yet; the server was never reached from here"
    else:
        left = length(told.lease_left_s or 0)
        yield f"knowledge: {length(told.roster_age_s)} old; faces are known for another {left}"
    if now is not None and now.faces is not None:
        if now.faces.people:
            yield f"faces: {_worth(now.faces)}"
        if now.faces.alike:
            yield f"faces: {now.faces.alike} pairs of people are too alike for a face alone; they use card, pass or PIN"
        if now.faces.outdated:
            yield (
                f"faces: {now.faces.outdated} people were enrolled with another model than {MODEL} and are NOT known by"
                " face; card, pass and PIN go on; enrol them anew: People, Faces"
            )
    if told.terminals:
        yield f"terminals: {told.terminals}, at {told.terminals_at}"
        yield f"their certificate: SHA-256 {told.fingerprint or 'is made when the edge runs'}"
    lanes = {lane.gate: lane for lane in now.lanes} if now else {}
    for code, alone in sorted(told.gates.items()):
        lane = lanes.get(code)
        faults = (
            [what for what, lost in (("camera", lane.camera_lost), ("relay", lane.relay_lost)) if lost] if lane else []
        )
        amiss = f" [{' and '.join(faults)} lost]" if faults else ""
        if lane is not None and lane.does != "rules":
            yield f"gate {code}{amiss}: cut off, {DOES.get(lane.does, lane.does)}"
        else:
            yield f"gate {code}{amiss}: works by its rules; without a server it {DOES.get(alone, alone)}"


def _worth(faces: Faces) -> str:
    counted = (
        f"{faces.people} enrolled, threshold {faces.threshold:.3f}; at most {faces.stated:.1%} of strangers may match"
    )
    match faces.standing:
        case Standing.SHOWN:
            return f"{counted}: shown among these people (at most {faces.bound:.1%})"
        case Standing.TOO_ALIKE:
            return f"{counted}: these people are TOO ALIKE for that, no face opens alone; use card, pass or PIN"
    return f"{counted}: too few to show that, {people_needed(faces.stated)} people or more can"


def length(seconds: int) -> str:
    """A length of time in its two largest units."""
    days, rest = divmod(max(0, seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s")) if n]
    return " ".join(parts[:2]) or "0 s"
