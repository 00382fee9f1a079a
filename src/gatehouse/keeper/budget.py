"""How many different people somebody may see in an hour, in a day and in thirty days, whatever a stolen login asks for.

The caps are published defaults (`limits.py` says how a site sets its own). Windows slide; the same person counts once
in a window. Everything here can be replayed from the log, so a restart forgives nothing. What a second person allowed
beside them (`bulk.py`) is counted on its own."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from gatehouse.keeper.protocol import Budget, CapRole, Role, UsageRow

HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Caps:
    """Distinct people in any hour, in any 24 hours, in any 30 days."""

    hour: int
    day: int
    month: int


_OFFICE = {
    Budget.BRIEF: Caps(2000, 5000, 50_000),
    Budget.NAMES: Caps(500, 1000, 10_000),
    Budget.SENSITIVE: Caps(20, 100, 1000),
    Budget.WORK: Caps(2000, 5000, 50_000),
}
_GUARD = {
    Budget.BRIEF: Caps(2000, 5000, 50_000),  # staff numbers and initials of whoever walks past
    Budget.NAMES: Caps(60, 300, 3000),
    Budget.SENSITIVE: Caps(20, 100, 1000),
    Budget.WORK: Caps(60, 300, 3000),
}
_FEW = Caps(60, 300, 3000)
_MANAGER = {Budget.BRIEF: _FEW, Budget.NAMES: _FEW, Budget.WORK: _FEW}
_STAFF = Caps(500, 1000, 10_000)
_CONTRACTOR = {Budget.BRIEF: _STAFF, Budget.NAMES: _STAFF, Budget.WORK: _STAFF}
CAPS: dict[Role | CapRole, dict[Budget, Caps]] = {
    Role.OWNER: _OFFICE,
    Role.HR: _OFFICE,
    Role.SECURITY: _GUARD,
    Role.PARKING: _GUARD,
    Role.AUDITOR: {Budget.BRIEF: _FEW, Budget.NAMES: _FEW},
    Role.CONTRACTOR: _CONTRACTOR,
    CapRole.MANAGER: _MANAGER,
}
SELF = Caps(600, 2000, 20_000)  # requests for one's own data
WEB_LEAST, WEB_SHARE = 1000, 20  # the whole web process: max(1000, enrolled / 20) people a day
_SOMEBODY = frozenset((b"",))  # nobody's pseudonym: somebody who was not seen yet
_WEB = {Budget.NAMES, Budget.SENSITIVE, Budget.WORK}


class Allowing(Protocol):
    """Which caps are in force: `limits.Limits`."""

    def caps(self, role: Role | CapRole, kind: Budget) -> Caps | None: ...

    def web(self, enrolled: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Spend:
    """`people` (pseudonyms) that `actor` is about to see under one budget."""

    actor: str
    role: Role | CapRole
    budget: Budget
    people: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a second person allowed beside the caps: the grant's id, and how many people it is for."""

    grant: str
    people: int


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that a request would cross: window is hour, day, month, web (a day, all actors together), or grant."""

    budget: Budget
    window: str
    cap: int


class Window:
    """The distinct people of a sliding window, the longest unseen first."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._seen: dict[bytes, datetime] = {}
        self._latest: datetime | None = None

    def used(self, now: datetime) -> int:
        """How many it holds. Whom a clock that ran ahead saw later than now counts as seen now."""
        if self._latest is not None and self._latest > now:
            clipped = ((person, min(at, now)) for person, at in self._seen.items())
            self._seen = dict(sorted(clipped, key=lambda item: item[1]))
            self._latest = now
        while self._seen:
            first = next(iter(self._seen))
            if self._seen[first] > now - self._span:
                break
            del self._seen[first]
        return len(self._seen)

    def after(self, people: frozenset[bytes], now: datetime) -> int:
        """How many it would hold with these people too."""
        return self.used(now) + sum(person not in self._seen for person in people)

    def add(self, people: frozenset[bytes], now: datetime) -> None:
        self._latest = now if self._latest is None else max(self._latest, now)
        for person in people:
            self._seen.pop(person, None)
            self._seen[person] = now


class _Windows:
    """Of one actor and budget."""

    def __init__(self) -> None:
        self.hour, self.day, self.month = Window(HOUR), Window(DAY), Window(MONTH)

    def crossed(self, people: frozenset[bytes], caps: Caps, now: datetime) -> tuple[str, int] | None:
        """The first window that these people would not fit into, and its cap."""
        for name in ("hour", "day", "month"):
            window: Window = getattr(self, name)
            cap: int = getattr(caps, name)
            if window.after(people, now) > cap:
                return name, cap
        return None

    def add(self, people: frozenset[bytes], now: datetime) -> None:
        for window in (self.hour, self.day, self.month):
            window.add(people, now)


class Budgets:
    """The windows of every actor and budget, the one of the whole web process, and whom each grant has shown."""

    def __init__(self, enrolled: Callable[[], int], limits: Allowing) -> None:
        self._enrolled, self._limits = enrolled, limits
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, Role | CapRole, Budget], _Windows] = {}
        self._beside: dict[str, set[bytes]] = {}
        self._web = Window(DAY)
        self._own = 0

    def web_cap(self) -> int:
        return self._limits.web(self._enrolled())

    def take(
        self, spends: list[Spend], now: datetime, beside: Mapping[Budget, Beside] | None = None
    ) -> Over | dict[Budget, str]:
        """Count these people, all or none: the cap that stands against it, or the grants by which some of the budgets
        were counted, where the caps had no room."""
        with self._lock:
            capped: list[Spend] = []
            granted: dict[Budget, str] = {}
            for spend in spends:
                over, grant = self._standing([spend], now), (beside or {}).get(spend.budget)
                if over is None:
                    capped.append(spend)
                elif grant is None:
                    return over
                elif self._used_with(grant, spend.people) > grant.people:
                    return Over(spend.budget, "grant", grant.people)
                else:
                    granted[spend.budget] = grant.grant
            together = self._standing(capped, now)
            if together is not None:
                return together
            for spend in spends:
                if spend.budget in granted:
                    self._beside.setdefault(granted[spend.budget], set()).update(spend.people)
                else:
                    self._count(spend, now)
            return granted

    def take_some(self, spend: Spend, order: Iterable[bytes], now: datetime) -> list[bytes] | Over:
        """Count as many of these people, in this order, as the caps leave room for: those. The cap that stands when
        nobody more may be seen, whoever was asked for: a refusal then tells nothing about them."""
        with self._lock:
            over = self._standing([replace(spend, people=_SOMEBODY)], now)
            if over is not None:
                return over
            kept: list[bytes] = []
            for person in order:
                if self._standing([replace(spend, people=frozenset((*kept, person)))], now) is None:
                    kept.append(person)
            self._count(replace(spend, people=frozenset(kept)), now)
            return kept

    def take_some_beside(self, grant: Beside, order: Iterable[bytes]) -> list[bytes]:
        """As `take_some`, by what a second person allowed."""
        with self._lock:
            used, kept = self._beside.setdefault(grant.grant, set()), list[bytes]()
            for person in order:
                if person in used or len(used) < grant.people:
                    used.add(person)
                    kept.append(person)
            return kept

    def _used_with(self, grant: Beside, people: frozenset[bytes]) -> int:
        return len(self._beside.get(grant.grant, set()) | people)

    def used_beside(self, grant: str) -> int:
        """How many people a grant has shown."""
        with self._lock:
            return len(self._beside.get(grant, ()))

    def replay(self, spend: Spend, at: datetime) -> None:
        """Count what the log says was shown at `at`, without asking any cap."""
        with self._lock:
            self._count(spend, at)

    def replay_beside(self, grant: str, people: Iterable[bytes]) -> None:
        with self._lock:
            self._beside.setdefault(grant, set()).update(people)

    def _standing(self, spends: list[Spend], now: datetime) -> Over | None:
        for spend in spends:
            caps = self._limits.caps(spend.role, spend.budget)
            if caps is None:
                return Over(spend.budget, "hour", 0)
            crossed = self._of(spend).crossed(self._units(spend), caps, now)
            if crossed is not None:
                return Over(spend.budget, *crossed)
        web = frozenset[bytes]().union(*(s.people for s in spends if _counts_for_web(s)))
        if web and self._web.after(web, now) > self.web_cap():
            return Over(Budget.NAMES, "web", self.web_cap())
        return None

    def _count(self, spend: Spend, now: datetime) -> None:
        self._of(spend).add(self._units(spend), now)
        if spend.role is Role.WORKER:
            self._own += 1
        if _counts_for_web(spend):
            self._web.add(spend.people, now)

    def _of(self, spend: Spend) -> _Windows:
        return self._windows.setdefault((spend.actor, spend.role, spend.budget), _Windows())

    def _units(self, spend: Spend) -> frozenset[bytes]:
        """What is counted: people, but requests where somebody sees only themselves."""
        return frozenset((b"%d" % self._own,)) if spend.role is Role.WORKER else spend.people

    def usage(self, now: datetime) -> Iterator[UsageRow]:
        """What every actor has used now; last the whole web process, which has a cap a day."""
        with self._lock:
            for (actor, role, budget), held in sorted(self._windows.items()):
                caps = self._limits.caps(role, budget)
                if caps is not None and held.month.used(now):
                    yield UsageRow(
                        actor, budget, held.hour.used(now), held.day.used(now), caps.hour, caps.day,
                        held.month.used(now), caps.month, role,
                    )  # fmt: skip
            used, cap = self._web.used(now), self.web_cap()
            yield UsageRow("web", Budget.NAMES, used, used, cap, cap)


def _counts_for_web(spend: Spend) -> bool:
    return spend.budget in _WEB and spend.role is not Role.WORKER
