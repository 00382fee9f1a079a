"""The keeper's state, put together from HOME/keeper, and the questions that every verb asks first."""

import hmac
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog

from gatehouse.address import LOCALHOST, Origin
from gatehouse.clock import Clock
from gatehouse.crypto.keyring import pseudonym
from gatehouse.crypto.merkle import EMPTY_ROOT
from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.crypto.signing import public_sign_key
from gatehouse.keeper.accounts import Accounts, name_of
from gatehouse.keeper.budget import MONTH, Beside, Budgets, Over, Spend
from gatehouse.keeper.cells import Cells
from gatehouse.keeper.challenges import Challenges
from gatehouse.keeper.days import Days, local_date
from gatehouse.keeper.enrolled import Enrolled
from gatehouse.keeper.entrusted import Teams
from gatehouse.keeper.errors import AlreadyRunning, UnsafeFile
from gatehouse.keeper.granted import BulkGrants
from gatehouse.keeper.holds import Holds
from gatehouse.keeper.honeys import Honeys
from gatehouse.keeper.incidents import Told
from gatehouse.keeper.index import Index
from gatehouse.keeper.limits import PUBLISHED, limits_of
from gatehouse.keeper.locate import Claiming, Locating
from gatehouse.keeper.lockout import Lockout
from gatehouse.keeper.log import Entry, Log
from gatehouse.keeper.pending import Pending
from gatehouse.keeper.people import People
from gatehouse.keeper.protocol import Authority, Budget, CapRole, Refused, Role, Ticket
from gatehouse.keeper.rootkey import source_of
from gatehouse.keeper.rules import JOBS, VERBS
from gatehouse.keeper.store import open_store
from gatehouse.keeper.tickets import Tickets
from gatehouse.keeper.upkeep import Upkeep
from gatehouse.machine import lock, replace_durably

# A fill has a second person's grant in place of a cap; who is entrusted with a team has caps of their own.
_UNCOUNTED = frozenset({"refused", "fill", "entrust"})
_COUNTED = frozenset((*Role, *CapRole))
SHELL_FILE = "shell.token"
_MAKES_ACCESS = frozenset({KeyKind.FACE, KeyKind.IDENTITY, KeyKind.VISIT})
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asker:
    """By whose right a request comes, after the keeper verified it. `ticket` is None for a job and for the shell."""

    actor: str
    role: str
    ticket: Ticket | None = None
    job: str | None = None

    @property
    def is_shell(self) -> bool:
        return self.role == "shell"

    def may(self, verb: str) -> bool:
        """By the table of rules; a job by the verbs that it has."""
        if self.ticket is not None:
            return self.ticket.role in VERBS[verb]
        return self.job is not None and verb in JOBS[self.job]

    def may_job(self, verb: str) -> bool:
        """Of the verbs that no ticket has."""
        return self.job is not None and verb in JOBS[self.job]

    def reaches(self, site: str) -> bool:
        return self.ticket is None or not self.ticket.sites or not site or site in self.ticket.sites


def counted_as(role: str) -> Role | CapRole:
    return CapRole(role) if role in set(CapRole) else Role(role)


def open_folder(home: Path) -> Path:
    """HOME/keeper, made at the first start. Raises UnsafeFile."""
    folder = home / "keeper"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o066:
        raise UnsafeFile(f"{folder} can be listed or written by others; run: chmod 700 {folder}")
    return folder


def root_key(folder: Path) -> bytes:
    """Made at the first start, and never again beside a store. Raises UnsafeFile, DamagedStore."""
    source = source_of(folder)
    if not source.exists() and not (folder / "store.db").exists():
        return source.create()
    return source.load()


@contextmanager
def only_keeper_of(folder: Path) -> Iterator[None]:
    """Two keepers would write one log. Raises AlreadyRunning."""
    try:
        handle = lock(folder / "lock")
    except BlockingIOError as fault:
        raise AlreadyRunning(f"another keeper has {folder} open") from fault
    with handle:
        yield


class Vault:
    """Everything that the verbs work on. One per process."""

    def __init__(self, home: Path, clock: Clock, origin_at: Origin = LOCALHOST) -> None:
        """Opens HOME/keeper; people sign in at `origin_at`. Raises UnsafeFile, AlreadyRunning, DamagedStore,
        DamagedLog."""
        self.folder = open_folder(home)
        self.clock = clock
        self.origin_at = origin_at
        with ExitStack() as opened:
            opened.enter_context(only_keeper_of(self.folder))
            self.store = open_store(self.folder / "store.db", root_key(self.folder))
            opened.callback(self.store.close)
            self.log = Log(self.folder / "log", self._remembered())
            opened.callback(self.log.close)
            opened.callback(self.remember_head)
            self._begin()
            self._opened = opened.pop_all()

    def _begin(self) -> None:
        self.sign_key, self.seal_key = self.store.own_key("sign"), self.store.own_key("seal")
        self.origin = f"gatehouse/{public_sign_key(self.sign_key).hex()[:16]}"
        self._log_key, self._stay_key = self.store.own_key("log"), self.store.own_key("stays")
        self.people = People(self.store)
        self.days = Days(self.store)
        self.cells = Cells(self.store, self.people)
        self.tickets = Tickets(self.store)
        self.accounts, self.lockout = Accounts(self.store), Lockout(self.store)
        self.challenges, self.pending = Challenges(), Pending()
        self.index = Index()
        self.teams = Teams(self.store)
        self.holds = Holds(self.store)
        self.locating = Locating()
        self.claiming = Claiming()
        self.enrolled = Enrolled(self.store, self.people)
        self.limits = limits_of(self.folder)
        self.limits_since: datetime | None = None
        self.budgets = Budgets(self.enrolled.count, self.limits)
        self.bulks = BulkGrants(self.store)
        self.honeys = Honeys(self.store)
        self.told, self._locked = Told(), set[str]()
        self._replay()
        self.shell_token = self._new_shell_token()
        self.make_days()
        self.upkeep = Upkeep(
            self.store, self.folder, entries=self.log.path, origin=self.origin, head=self.remember_head
        )
        self.upkeep.begin(self.now())
        self.log.append(Entry(at=self.now(), kind="start"))
        self._say_limits()

    def _remembered(self) -> tuple[int, bytes]:
        last = self.store.fact("checkpoint")
        return (0, EMPTY_ROOT) if last is None else (int.from_bytes(last[:8], "big"), last[8:])

    def remember_head(self) -> tuple[int, bytes]:
        """The log's size and root, durable and known to the store, so that a log that was cut or rewritten below it is
        noticed at the next start. Raises LogFull."""
        self.log.flush()
        size, root = self.log.head()
        if self._remembered() != (size, root):
            self.store.set_fact("checkpoint", size.to_bytes(8, "big") + root)
        return size, root

    def _say_limits(self) -> None:
        """A line when the caps in force are others than at the last start."""
        if (self.store.fact("limits") or PUBLISHED.encode()) != self.limits.name.encode():
            self.tell("limits", Asker("keeper", "keeper"), purpose=self.limits.name)
            self.store.set_fact("limits", self.limits.name.encode())
            self.limits_since = self.now()

    def _replay(self) -> None:
        since = self.now() - MONTH
        for place, entry in enumerate(self.log.entries()):
            self.told.put(place, entry)
            if entry.kind in ("honey", "unlock"):
                self._relock(entry)
            elif entry.kind == "limits":
                self.limits_since = entry.at
            elif entry.grant:
                self.budgets.replay_beside(entry.grant, entry.subjects)
            elif entry.at <= since:
                continue
            elif entry.budget and entry.role in _COUNTED and entry.kind not in _UNCOUNTED:
                spend = Spend(entry.actor, counted_as(entry.role), Budget(entry.budget), frozenset(entry.subjects))
                self.budgets.replay(spend, entry.at)

    def _new_shell_token(self) -> str:
        token = secrets.token_urlsafe(32)
        replace_durably(self.folder / SHELL_FILE, token.encode())
        return token

    def make_days(self) -> None:
        """The keys of the days to come, of every site with an edge, and how many are enrolled today. Cheap when all
        is there."""
        for edge in self.store.edges():
            self.days.make_ahead(edge.site, local_date(self.now(), edge.zone))
        self.enrolled.remember(self.now().date())

    def close(self) -> None:
        """What the log holds in memory goes to disk. Raises LogFull."""
        self._opened.close()

    # --- what every verb asks ---

    def now(self) -> datetime:
        return self.clock.now()

    def asker(self, by: Authority) -> Asker | Refused:
        """Who asks; no_ticket or not_allowed when nobody whom the keeper knows."""
        if by.ticket is not None:
            if hmac.compare_digest(by.ticket.encode(), self.shell_token.encode()):
                return Asker("shell", "shell")
            ticket = self.tickets.ticket(by.ticket, self.now())
            if ticket is None or self.is_locked(name_of(ticket)):
                return Refused("no_ticket")
            return Asker(ticket.actor, ticket.role, ticket)
        if by.job is None:
            return Refused("no_ticket")
        return Asker(f"job:{by.job}", "job", job=by.job) if by.job in JOBS else Refused("not_allowed")

    def today(self, site: str) -> date:
        """The date on the site's wall; UTC for a site without an edge."""
        zones = [edge.zone for edge in self.store.edges() if edge.site == site]
        return local_date(self.now(), zones[0] if zones else "UTC")

    def pseudonym(self, subject: str) -> bytes:
        return pseudonym(self._log_key, subject)

    def stay_id(self, edge: str, passage: str) -> str:
        """The id of the stay that this passage opens: the same however often the letter comes, and telling no time."""
        digest = bytearray(pseudonym(self._stay_key, f"{edge}/{passage}"))
        digest[6], digest[8] = digest[6] & 0x0F | 0x40, digest[8] & 0x3F | 0x80
        text = digest.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def make_keys(self, refs: Iterable[KeyRef]) -> None:
        """All keys that new cells need, in one transaction. Whoever gets a face, an identity or a visit gets an access
        key too: it is half of every passage of theirs."""
        wanted = dict.fromkeys(refs)
        for ref in list(wanted):
            if self.store.key(ref) is not None:
                continue
            access = KeyRef(KeyKind.ACCESS, ref.owner)
            if ref.kind in _MAKES_ACCESS and not self.store.is_destroyed(access):
                wanted[access] = None
        for made in self.store.make_keys(wanted):
            if made.kind is KeyKind.ACCESS:
                self.people.learn(made.owner)

    # --- before plaintext leaves ---

    def look(self, asker: Asker, kind: str, purpose: str, seen: dict[Budget, set[str]]) -> Refused | None:
        """Count and log that `asker` is about to see these subjects. None: durable, the answer may leave."""
        now = self.now()
        tripped = self.trip(asker, kind, set[str]().union(*seen.values()))
        if tripped is not None:
            return tripped
        people = {budget: frozenset(map(self.pseudonym, who)) for budget, who in seen.items() if who}
        granted: dict[Budget, str] = {}
        if asker.ticket is not None:
            role = counted_as(asker.role)
            spends = [Spend(asker.actor, role, b, who) for b, who in people.items()]
            taken = self.budgets.take(spends, now)
            if isinstance(taken, Over):
                taken = self.budgets.take(spends, now, self._beside(asker, now))
            if isinstance(taken, Over):
                return self._refused(asker, kind, taken, now)
            granted = taken
        self.log.append(
            *(
                Entry(at=now, kind=kind, actor=asker.actor, role=asker.role, purpose=purpose, budget=b,
                      grant=granted.get(b, ""), subjects=sorted(who), count=len(who))
                for b, who in people.items()
            )
        )  # fmt: skip
        return None

    def _beside(self, asker: Asker, now: datetime) -> dict[Budget, Beside]:
        """What a second person allowed; what is entrusted to a manager has no such way."""
        if asker.ticket is None or asker.role != asker.ticket.role:
            return {}
        return self.bulks.beside(asker.ticket, now, self.budgets.used_beside)

    def look_at_some(self, asker: Asker, kind: str, budget: Budget, subjects: list[str]) -> list[str] | Refused:
        """As `look`, for the hits of a search: as many of them as there is room for, or why not even one."""
        assert asker.ticket is not None
        now, names = self.now(), {self.pseudonym(subject): subject for subject in subjects}
        spend = Spend(asker.actor, asker.ticket.role, budget, frozenset(names))
        tripped = self.trip(asker, kind, set(subjects))
        if tripped is not None:
            return tripped
        taken, grant = self.budgets.take_some(spend, names, now), None
        if isinstance(taken, Over):
            grant = self._beside(asker, now).get(budget)
            if grant is None:
                return self._refused(asker, kind, taken, now)
            taken = self.budgets.take_some_beside(grant, names)
            if not taken and names:
                return self._refused(asker, kind, Over(budget, "grant", grant.people), now)
        if taken:
            self.log.append(
                Entry(at=now, kind=kind, actor=asker.actor, role=asker.role, purpose=kind, budget=budget,
                      grant=grant.grant if grant else "", subjects=sorted(taken), count=len(taken))
            )  # fmt: skip
        return [names[one] for one in taken]

    def _refused(self, asker: Asker, kind: str, over: Over, now: datetime) -> Refused:
        log.warning("keeper.over_budget", actor=asker.actor, budget=over.budget, window=over.window)
        entry = Entry(at=now, kind="refused", actor=asker.actor, role=asker.role, purpose=kind, budget=over.budget)
        self._append_told(entry)
        return Refused("over_budget", {"budget": over.budget, "window": over.window, "cap": over.cap})

    # --- what somebody should hear of ---

    def tell(self, kind: str, asker: Asker, *, purpose: str = "", subjects: Iterable[str] = ()) -> None:
        """A durable line that whoever watches is told of."""
        who = sorted(map(self.pseudonym, subjects))
        entry = Entry(
            at=self.now(), kind=kind, actor=asker.actor, role=asker.role, purpose=purpose, subjects=who, count=len(who)
        )
        self._append_told(entry)

    def _append_told(self, entry: Entry) -> None:
        with self.told.writing:
            self.told.put(self.log.append(entry), entry)

    def trip(self, asker: Asker, kind: str, subjects: set[str]) -> Refused | None:
        """None where no honey record is among these. Otherwise nobody is shown, the account's tickets and codes end, it
        stays out until somebody lets it in anew, and whoever watches is told."""
        found = self.honeys.among(subjects)
        return self.caught(asker, kind, found) if found else None

    def caught(self, asker: Asker, kind: str, found: Iterable[str] = ()) -> Refused:
        """As `trip`, for whoever asked after one of these."""
        name = "" if asker.ticket is None else name_of(asker.ticket)
        mark = self.pseudonym(name).hex() if name else ""
        self.tell("honey", asker, purpose=f"{kind}:{mark}", subjects=found)
        if asker.ticket is None:
            return Refused("not_allowed")
        self._locked.add(mark)
        self.tickets.end(name, invitations=True)
        log.error("keeper.honey", actor=asker.actor)
        return Refused("no_ticket")

    def is_locked(self, name: str) -> bool:
        """Whether this account looked at a honey record and nobody has let it in since."""
        return bool(self._locked) and self.pseudonym(name).hex() in self._locked

    def unlock(self, name: str, asker: Asker) -> None:
        mark = self.pseudonym(name).hex()
        if mark in self._locked:
            self.record("unlock", asker, purpose=mark)
            self._locked.discard(mark)

    def _relock(self, entry: Entry) -> None:
        mark = entry.purpose.partition(":")[2] if entry.kind == "honey" else entry.purpose
        if mark and entry.kind == "honey":
            self._locked.add(mark)
        else:
            self._locked.discard(mark)

    def record(self, kind: str, asker: Asker, *, purpose: str = "", subjects: tuple[str, ...] = ()) -> int:
        """A durable line about something that was done; its place in the log."""
        who = sorted(map(self.pseudonym, subjects))
        return self.log.append(
            Entry(at=self.now(), kind=kind, actor=asker.actor, role=asker.role, purpose=purpose, subjects=who)
        )
