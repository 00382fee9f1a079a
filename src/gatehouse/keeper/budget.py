"""How many different people somebody may see in an hour and in a day, whatever a stolen login asks for.

The caps are published defaults. Windows slide; the same person counts once in a window. Everything here can be replayed
from the log, so a restart forgives nothing.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatehouse.keeper.protocol import Budget, CapRole, Role, UsageRow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Caps:
    """Distinct people in any hour, and in any 24 hours."""

    hour: int
    day: int


_OFFICE = {
    Budget.BRIEF: Caps(2000, 5000),
    Budget.NAMES: Caps(500, 1000),
    Budget.SENSITIVE: Caps(20, 100),
    Budget.WORK: Caps(2000, 5000),
}
_GUARD = {
    Budget.BRIEF: Caps(2000, 5000),  # staff numbers and initials of whoever walks past
    Budget.NAMES: Caps(60, 300),
    Budget.SENSITIVE: Caps(20, 100),
    Budget.WORK: Caps(60, 300),
}
_MANAGER = {Budget.BRIEF: Caps(60, 300), Budget.NAMES: Caps(60, 300), Budget.WORK: Caps(60, 300)}
_CONTRACTOR = {Budget.BRIEF: Caps(500, 1000), Budget.NAMES: Caps(500, 1000), Budget.WORK: Caps(500, 1000)}
CAPS: dict[Role | CapRole, dict[Budget, Caps]] = {
    Role.OWNER: _OFFICE,
    Role.HR: _OFFICE,
    Role.SECURITY: _GUARD,
    Role.PARKING: _GUARD,
    Role.AUDITOR: {Budget.BRIEF: Caps(60, 300), Budget.NAMES: Caps(60, 300)},
    Role.CONTRACTOR: _CONTRACTOR,
    CapRole.MANAGER: _MANAGER,
}
SELF = Caps(600, 2000)  # requests for one's own data
WEB_LEAST, WEB_SHARE = 1000, 20  # the whole web process: max(1000, enrolled / 20) people a day
_SOMEBODY = frozenset((b"",))  # nobody's pseudonym: somebody who was not seen yet
_WEB = {Budget.NAMES, Budget.SENSITIVE, Budget.WORK}


@dataclass(frozen=True, slots=True)
class Spend:
    """`people` (pseudonyms) that `actor` is about to see under one budget."""

    actor: str
    role: Role | CapRole
    budget: Budget
    people: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that a request would cross: window is hour, day, or web (a day, all actors together)."""

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


class Budgets:
    """The windows of every actor and budget, and the one of the whole web process."""

    def __init__(self, enrolled: Callable[[], int]) -> None:
        self._enrolled = enrolled
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, Role | CapRole, Budget], tuple[Window, Window]] = {}
        self._web = Window(DAY)
        self._own = 0

    def web_cap(self) -> int:
        return max(WEB_LEAST, self._enrolled() // WEB_SHARE)

    def take(self, spends: list[Spend], now: datetime) -> Over | None:
        """Count these people, all or none. The cap that stands against it, or None when they may be shown."""
        with self._lock:
            over = self._standing(spends, now)
            if over is None:
                for spend in spends:
                    self._count(spend, now)
            return over

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

    def replay(self, spend: Spend, at: datetime) -> None:
        """Count what the log says was shown at `at`, without asking any cap."""
        with self._lock:
            self._count(spend, at)

    def _standing(self, spends: list[Spend], now: datetime) -> Over | None:
        for spend in spends:
            caps = caps_of(spend.role, spend.budget)
            if caps is None:
                return Over(spend.budget, "hour", 0)
            people = self._units(spend)
            hour, day = self._pair(spend)
            if hour.after(people, now) > caps.hour:
                return Over(spend.budget, "hour", caps.hour)
            if day.after(people, now) > caps.day:
                return Over(spend.budget, "day", caps.day)
        web = frozenset[bytes]().union(*(s.people for s in spends if _counts_for_web(s)))
        if web and self._web.after(web, now) > self.web_cap():
            return Over(Budget.NAMES, "web", self.web_cap())
        return None

    def _count(self, spend: Spend, now: datetime) -> None:
        people = self._units(spend)
        for window in self._pair(spend):
            window.add(people, now)
        if spend.role is Role.WORKER:
            self._own += 1
        if _counts_for_web(spend):
            self._web.add(spend.people, now)

    def _pair(self, spend: Spend) -> tuple[Window, Window]:
        key = (spend.actor, spend.role, spend.budget)
        return self._windows.setdefault(key, (Window(HOUR), Window(DAY)))

    def _units(self, spend: Spend) -> frozenset[bytes]:
        """What is counted: people, but requests where somebody sees only themselves."""
        return frozenset((b"%d" % self._own,)) if spend.role is Role.WORKER else spend.people

    def usage(self, now: datetime) -> Iterator[UsageRow]:
        """What every actor has used now; last the whole web process."""
        with self._lock:
            for (actor, role, budget), (hour, day) in sorted(self._windows.items()):
                caps = caps_of(role, budget)
                if caps is not None and day.used(now):
                    yield UsageRow(actor, budget, hour.used(now), day.used(now), caps.hour, caps.day)
            used, cap = self._web.used(now), self.web_cap()
            yield UsageRow("web", Budget.NAMES, used, used, cap, cap)


def caps_of(role: Role | CapRole, budget: Budget) -> Caps | None:
    """None: this role sees nothing of that budget."""
    return SELF if role is Role.WORKER else CAPS[role].get(budget)


def _counts_for_web(spend: Spend) -> bool:
    return spend.budget in _WEB and spend.role is not Role.WORKER
