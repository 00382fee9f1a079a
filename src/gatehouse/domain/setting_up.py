"""What is still missing until the first person is let in at the first door: facts in, a list of steps out.

A step is done, can be done now, or waits for another. A step that others can do without is asked for last and keeps
nobody from the end (`Step.KEPT`): the door works, and the list goes on saying so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    SITE = "site"
    OWNER = "owner"  # a way to sign in again of one's own
    EDGE = "edge"  # the gate computer answers
    GATE = "gate"
    EYES = "eyes"  # something at the gate that sees or reads who comes
    SEEN = "seen"  # somebody looked at the camera's picture
    RELAY = "relay"
    MOVED = "moved"  # somebody saw the relay open the gate
    PEOPLE = "people"
    RULE = "rule"
    TARIFF = "tariff"
    FIRST = "first"  # the first one was let in
    KEPT = "kept"  # the recovery key, without which no backup is written


class Stand(StrEnum):
    DONE = "done"
    NOW = "now"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """One gate: `cameras` and `readers` (tablets and card readers) that stand there, how many of the cameras somebody
    looked at, its relays and how many were tried. `ruled`: a rule in force lets somebody in who has a way in.
    `open_to_all`: a lane that takes whoever comes. `charges`: a lane of a garage, which needs a tariff."""

    code: str
    cameras: int = 0
    seen: int = 0
    readers: int = 0
    relays: int = 0
    moved: int = 0
    ruled: bool = False
    open_to_all: bool = False
    charges: bool = False
    priced: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """How far a site is. `site` is False on an empty machine, and then nothing else is asked."""

    site: bool = False
    own_way: bool = False
    recovery: bool = False
    edge: bool = False
    gates: tuple[GateFacts, ...] = ()
    people: bool = False  # somebody of a group has a way in
    let_in: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the list. `gate` is the code of the gate that it is about, "" for the site's. `waits_for` is the
    first step that must be done before."""

    step: Step
    stand: Stand
    gate: str = ""
    waits_for: Step | None = None


_NEEDS: dict[Step, tuple[Step, ...]] = {
    Step.SITE: (),
    Step.OWNER: (),
    Step.EDGE: (Step.SITE,),
    Step.GATE: (Step.SITE,),
    Step.EYES: (Step.GATE,),
    Step.SEEN: (Step.EYES, Step.EDGE),
    Step.RELAY: (Step.GATE,),
    Step.MOVED: (Step.RELAY, Step.EDGE),
    Step.PEOPLE: (Step.SITE,),
    Step.RULE: (Step.GATE, Step.PEOPLE),
    Step.TARIFF: (Step.GATE,),
    Step.FIRST: (Step.SEEN, Step.MOVED, Step.RULE, Step.TARIFF),
    Step.KEPT: (),
}


def checklist(facts: Facts) -> list[Line]:
    """Every step in its order, once for the site and where it is about a gate once for each gate."""
    first = facts.gates[0] if facts.gates else GateFacts("")
    done = _site_steps(facts) | _gate_steps(first)
    lines = [_line(step, done, done) for step in (Step.SITE, Step.OWNER, Step.EDGE, Step.GATE)]
    for gate in facts.gates or (first,):
        own = done | _gate_steps(gate)
        lines += [_line(step, own, own, gate.code) for step in _steps_of(gate)]
    for_people = not facts.gates or any(not gate.open_to_all for gate in facts.gates)
    lines += [_line(step, done, done) for step in ((Step.PEOPLE, Step.RULE) if for_people else ())]
    lines += [_line(Step.TARIFF, done, done)] if any(gate.charges for gate in facts.gates) else []
    asked = {line.step for line in lines}
    return [*lines, _line(Step.FIRST, done, asked), _line(Step.KEPT, done, asked)]


def _site_steps(facts: Facts) -> dict[Step, bool]:
    if not facts.site:
        return dict.fromkeys(Step, False) | {Step.OWNER: facts.own_way, Step.KEPT: facts.recovery}
    return {
        Step.SITE: True,
        Step.OWNER: facts.own_way,
        Step.EDGE: facts.edge,
        Step.GATE: bool(facts.gates),
        Step.PEOPLE: facts.people,
        Step.RULE: all(gate.ruled for gate in facts.gates if not gate.open_to_all) and bool(facts.gates),
        Step.TARIFF: all(gate.priced for gate in facts.gates if gate.charges),
        Step.FIRST: facts.let_in,
        Step.KEPT: facts.recovery,
    }


def _gate_steps(gate: GateFacts) -> dict[Step, bool]:
    return {
        Step.EYES: gate.cameras + gate.readers > 0,
        Step.SEEN: gate.seen == gate.cameras and gate.cameras + gate.readers > 0,
        Step.RELAY: gate.relays > 0,
        Step.MOVED: 0 < gate.relays == gate.moved,
    }


def _steps_of(gate: GateFacts) -> tuple[Step, ...]:
    """A gate without a camera has no picture to look at."""
    blind = gate.cameras == 0 and gate.readers > 0
    return (Step.EYES, *(() if blind else (Step.SEEN,)), Step.RELAY, Step.MOVED)


def _line(step: Step, done: dict[Step, bool], asked: Iterable[Step], gate: str = "") -> Line:
    if done[step]:
        return Line(step, Stand.DONE, gate)
    known = set(asked)
    waits = next((need for need in _NEEDS[step] if need in known and not done[need]), None)
    return Line(step, Stand.NOW if waits is None else Stand.WAITS, gate, waits)


def missing(lines: Sequence[Line]) -> list[Line]:
    """What is not done, without what others can do without."""
    return [line for line in lines if line.stand is not Stand.DONE and line.step is not Step.KEPT]


def next_of(lines: Sequence[Line]) -> Line | None:
    """The first step that somebody can do now; None when nothing is left or all of it waits."""
    return next((line for line in lines if line.stand is Stand.NOW and line.step is not Step.EDGE), None)
