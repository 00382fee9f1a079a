"""Who may answer what somebody asks for at work: a correction of their time, leave, overtime.

The rule: a request goes to the managers of the asker's department. Nobody answers their own, so a manager's request
goes to the next department up that has another manager, and so does everybody's where a department has none. Whoever
manages may name a delegate from one date to another; the delegate then answers beside them, but nothing that the
manager themself asks for. Delegates name no delegates. Where no department up to the top has anybody, HR answers; HR
may always answer.

Spans are dates, half-open: `until` is the first date on which it no longer holds, None for no end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gatehouse.domain.errors import DomainError


class ApprovalError(DomainError):
    """`cycle`: a department would lie under itself; `span`: an end not after its beginning; `self`: a delegate of
    themself; `unknown`: no such department; `not_manager`: only who manages names a delegate."""


@dataclass(frozen=True, slots=True)
class Span:
    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.since:
            raise ApprovalError("span", "an end comes after its beginning")

    def holds(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)

    def within(self, other: "Span") -> "Span | None":
        """Both at once; None where there is no such date."""
        since = max(self.since, other.since)
        ends = [one for one in (self.until, other.until) if one is not None]
        until = min(ends) if ends else None
        return None if until is not None and until <= since else Span(since, until)


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody in a department: as one of its people, or as its manager."""

    person: str
    span: Span


@dataclass(frozen=True, slots=True)
class Delegation:
    """`to` answers beside `of`."""

    of: str
    to: str
    span: Span

    def __post_init__(self) -> None:
        if self.of == self.to:
            raise ApprovalError("self", "nobody is their own delegate")


@dataclass(frozen=True, slots=True)
class Department:
    """Who is in it, manages it and stands in, in the order of names and dates: who came first is not told."""

    id: str
    parent: str | None = None
    members: tuple[Held, ...] = ()
    managers: tuple[Held, ...] = ()
    delegations: tuple[Delegation, ...] = ()

    def __post_init__(self) -> None:
        for name in ("members", "managers"):
            held = sorted(getattr(self, name), key=lambda one: (one.person, one.span.since, one.span.until or date.max))
            object.__setattr__(self, name, tuple(held))
        ordered = sorted(self.delegations, key=lambda one: (one.of, one.to, one.span.since, one.span.until or date.max))
        object.__setattr__(self, "delegations", tuple(ordered))


@dataclass(frozen=True, slots=True)
class Approver:
    """Who may answer, and by which department's word; `stands_in_for` is the manager of a delegate."""

    person: str
    department: str
    stands_in_for: str | None = None


@dataclass(frozen=True, slots=True)
class TeamSpan:
    """`manager` may answer `person` during the span."""

    manager: str
    person: str
    span: Span


class Chart:
    """All departments of one site. Raises ApprovalError with `cycle`, `unknown`."""

    def __init__(self, departments: Iterable[Department]) -> None:
        self._by_id: Mapping[str, Department] = {one.id: one for one in departments}
        self._homes: dict[str, list[tuple[date, str, Span]]] = {}
        for one in self._by_id.values():
            self._up(one.id)
            for held in one.members:
                self._homes.setdefault(held.person, []).append((held.span.since, one.id, held.span))
        # Whose own requests may go another way than their neighbours'.
        self._named = {
            person
            for one in self._by_id.values()
            for person in (*(held.person for held in one.managers), *(each.to for each in one.delegations))
        }

    def _up(self, department: str) -> list[Department]:
        """The department and those above it, the nearest first."""
        found: list[Department] = []
        here: str | None = department
        while here is not None:
            if here not in self._by_id:
                raise ApprovalError("unknown", "no such department")
            if any(one.id == here for one in found):
                raise ApprovalError("cycle", "a department lies under itself")
            found.append(self._by_id[here])
            here = found[-1].parent
        return found

    def department_of(self, person: str, on: date) -> str | None:
        """Where somebody is on a date; of two that overlap, the one that began last."""
        held = [(since, department) for since, department, span in self._homes.get(person, ()) if span.holds(on)]
        return max(held)[1] if held else None

    def approvers(self, person: str, on: date) -> Sequence[Approver]:
        """Who may answer this person on that date, in a stable order; nobody means HR."""
        department = self.department_of(person, on)
        return () if department is None else self._approvers(person, department, on)

    def _approvers(self, person: str, department: str, on: date) -> Sequence[Approver]:
        for level in self._up(department):
            found = _in_office(level, person, on)
            if found:
                return found
        return ()

    def may_answer(self, manager: str, person: str, on: date) -> Approver | None:
        """By which word `manager` may answer `person`, or None."""
        return next((one for one in self.approvers(person, on) if one.person == manager), None)

    def leads(self, person: str, on: date) -> bool:
        """Whether they manage a department on that date, or stand in for somebody."""
        return any(
            any(held.person == person and held.span.holds(on) for held in one.managers)
            or any(each.to == person and each.span.holds(on) for each in one.delegations)
            for one in self._by_id.values()
        )

    def team(self, manager: str, on: date) -> Sequence[str]:
        """Whom they may answer on that date."""
        if not self.leads(manager, on):
            return ()
        found = set[str]()
        for department in self._by_id.values():
            everybodys = any(one.person == manager for one in self._approvers("", department.id, on))
            for member in department.members:
                if not member.span.holds(on) or self.department_of(member.person, on) != department.id:
                    continue
                answers = everybodys
                if member.person in self._named:
                    answers = self.may_answer(manager, member.person, on) is not None
                if answers:
                    found.add(member.person)
        return sorted(found)

    def teams(self, since: date) -> Sequence[TeamSpan]:
        """Who may answer whom from `since` on, as it is known now: spans that meet are one."""
        edges = sorted(self._edges(since))
        steps = list(zip(edges, [*edges[1:], None], strict=True))
        found: dict[tuple[str, str], list[Span]] = {}
        for department in self._by_id.values():
            everybodys = self._spans("", department.id, steps)
            for member in department.members:
                simple = member.person not in self._named and len(self._homes[member.person]) == 1
                spans = everybodys if simple else self._spans(member.person, department.id, steps)
                for manager, held in spans.items():
                    within = [one for span in held if (one := span.within(member.span)) is not None]
                    if within:
                        found.setdefault((manager, member.person), []).extend(within)
        return [
            TeamSpan(manager, person, span)
            for (manager, person), spans in sorted(found.items())
            for span in _joined(spans)
        ]

    def _spans(self, person: str, department: str, steps: Sequence[tuple[date, date | None]]) -> dict[str, list[Span]]:
        """When who answers this person as one of this department; "" is somebody who manages and stands in nowhere."""
        found: dict[str, list[Span]] = {}
        for start, end in steps:
            if not person or self.department_of(person, start) == department:
                for one in self._approvers(person, department, start):
                    found.setdefault(one.person, []).append(Span(start, end))
        return {manager: _joined(spans) for manager, spans in found.items()}

    def _edges(self, since: date) -> set[date]:
        """Every date from `since` on at which something changes."""
        spans = [
            span
            for department in self._by_id.values()
            for span in (
                *(one.span for one in department.members),
                *(one.span for one in department.managers),
                *(one.span for one in department.delegations),
            )
        ]
        ends = {edge for span in spans for edge in (span.since, span.until) if edge is not None and edge > since}
        return {since} | ends


def _in_office(level: Department, asker: str, on: date) -> Sequence[Approver]:
    """Managers of one level other than the asker, and their delegates. Who manages answers as a manager, though they
    are somebody's delegate too. A manager of the level asks for themself: their own delegate does not answer."""
    managers = sorted({one.person for one in level.managers if one.span.holds(on)} - {asker})
    found = {manager: Approver(manager, level.id) for manager in managers}
    for one in level.delegations:
        if one.span.holds(on) and one.of in managers and one.to != asker:
            found.setdefault(one.to, Approver(one.to, level.id, one.of))
    return tuple(found.values())


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.since):
        last = found[-1] if found else None
        if last is not None and (last.until is None or span.since <= last.until):
            until = None if last.until is None or span.until is None else max(last.until, span.until)
            found[-1] = Span(last.since, until)
        else:
            found.append(span)
    return found


# --- changes of a chart: each gives departments anew, and refuses what cannot be -----------------------------------


def moved(departments: Iterable[Department], person: str, to: str | None, on: date) -> list[Department]:
    """`person` is in `to` from `on` on, and in no other department; None takes them out. What began on that date or
    later is taken back, so that saying it twice changes nothing, and the last word counts."""
    found, known = [], False
    for one in departments:
        kept = [held for held in (_ended(each, person, on) for each in one.members) if held is not None]
        if one.id == to:
            known = True
            kept.append(Held(person, Span(on)))
        found.append(_with_members(one, tuple(kept)))
    if to is not None and not known:
        raise ApprovalError("unknown", "no such department")
    return [_with_members(one, tuple(_meeting(one.members, person))) for one in found]


def _ended(held: Held, person: str, on: date) -> Held | None:
    if held.person != person:
        return held
    if held.span.since >= on:
        return None
    until = on if held.span.until is None or held.span.until > on else held.span.until
    return Held(person, Span(held.span.since, until))


def _meeting(members: Sequence[Held], person: str) -> list[Held]:
    """Two spans of one person that meet are one."""
    own = _joined(one.span for one in members if one.person == person)
    return [one for one in members if one.person != person] + [Held(person, span) for span in own]


def _with_members(one: Department, members: tuple[Held, ...]) -> Department:
    return Department(one.id, one.parent, members, one.managers, one.delegations)


def left(departments: Iterable[Department], person: str, on: date) -> list[Department]:
    """From `on` on the person is in no department, manages none, and is nobody's delegate nor has one."""
    found = []
    for one in moved(departments, person, None, on):
        managers = [held for held in (_ended(each, person, on) for each in one.managers) if held is not None]
        delegations = [
            short
            for each in one.delegations
            if (short := each if person not in (each.of, each.to) else _cut(each, on)) is not None
        ]
        found.append(Department(one.id, one.parent, one.members, tuple(managers), tuple(delegations)))
    return found


def _cut(one: Delegation, on: date) -> Delegation | None:
    if one.span.since >= on:
        return None
    until = on if one.span.until is None or one.span.until > on else one.span.until
    return Delegation(one.of, one.to, Span(one.span.since, until))


def delegated(one: Department, delegation: Delegation) -> Department:
    """With this delegation besides. Raises ApprovalError with `not_manager` unless its manager manages on each of its
    dates."""
    covered = _joined(held.span for held in one.managers if held.person == delegation.of)
    if not any(span.within(delegation.span) == delegation.span for span in covered):
        raise ApprovalError("not_manager", "only who manages the department names a delegate")
    return Department(one.id, one.parent, one.members, one.managers, (*one.delegations, delegation))


def involvement(departments: Iterable[Department], person: str) -> list[Department]:
    """What the departments say of this person alone, for `restored`."""
    return [
        Department(
            one.id,
            None,
            tuple(held for held in one.members if held.person == person),
            tuple(held for held in one.managers if held.person == person),
            tuple(each for each in one.delegations if person in (each.of, each.to)),
        )
        for one in departments
    ]


def restored(departments: Iterable[Department], person: str, before: Iterable[Department]) -> list[Department]:
    """As `involvement` had it; what it says of a department that is gone is left out."""
    old, found = {one.id: one for one in before}, []
    for one in departments:
        was = old.get(one.id, Department(one.id))
        found.append(
            Department(
                one.id,
                one.parent,
                (*(held for held in one.members if held.person != person), *was.members),
                (*(held for held in one.managers if held.person != person), *was.managers),
                (*(each for each in one.delegations if person not in (each.of, each.to)), *was.delegations),
            )
        )
    return found


def managed(one: Department, person: str, span: Span) -> Department:
    """With this manager besides; spans of theirs that meet are one."""
    own = _joined([*(held.span for held in one.managers if held.person == person), span])
    managers = [held for held in one.managers if held.person != person] + [Held(person, each) for each in own]
    return Department(one.id, one.parent, one.members, tuple(managers), one.delegations)


def unmanaged(one: Department, person: str, on: date) -> Department:
    """From `on` on without this manager, and without whoever stands in for them."""
    managers = [held for held in (_ended(each, person, on) for each in one.managers) if held is not None]
    short = [each if each.of != person else _cut(each, on) for each in one.delegations]
    kept = tuple(each for each in short if each is not None)
    return Department(one.id, one.parent, one.members, tuple(managers), kept)


def undelegated(one: Department, of: str, to: str, on: date) -> Department:
    """From `on` on `to` stands in for `of` no more."""
    short = [each if (each.of, each.to) != (of, to) else _cut(each, on) for each in one.delegations]
    kept = tuple(each for each in short if each is not None)
    return Department(one.id, one.parent, one.members, one.managers, kept)
