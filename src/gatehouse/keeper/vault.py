"""The keeper's state, put together from HOME/keeper, and the questions that every verb asks first."""

import hmac
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog

from gatehouse.address import LOCALHOST, Origin
from gatehouse.clock import Clock
from gatehouse.crypto.keyring import pseudonym
from gatehouse.crypto.merkle import EMPTY_ROOT
from gatehouse.crypto.signing import public_sign_key
from gatehouse.keeper.accounts import Accounts
from gatehouse.keeper.budget import Budgets, Over, Spend
from gatehouse.keeper.cells import Cells
from gatehouse.keeper.challenges import Challenges
from gatehouse.keeper.days import Days, local_date
from gatehouse.keeper.enrolled import Enrolled
from gatehouse.keeper.entrusted import Teams
from gatehouse.keeper.errors import AlreadyRunning, UnsafeFile
from gatehouse.keeper.holds import Holds
from gatehouse.keeper.index import Index
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
        self.budgets = Budgets(self.enrolled.count)
        self._replay()
        self.shell_token = self._new_shell_token()
        self.make_days()
        self.upkeep = Upkeep(
            self.store, self.folder, entries=self.log.path, origin=self.origin, head=self.remember_head
        )
        self.upkeep.begin(self.now())
        self.log.append(Entry(at=self.now(), kind="start"))

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

    def _replay(self) -> None:
        for entry in self.log.entries():
            if entry.budget and entry.role in _COUNTED and entry.kind not in _UNCOUNTED:
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
            return Refused("no_ticket") if ticket is None else Asker(ticket.actor, ticket.role, ticket)
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

    # --- before plaintext leaves ---

    def look(self, asker: Asker, kind: str, purpose: str, seen: dict[Budget, set[str]]) -> Refused | None:
        """Count and log that `asker` is about to see these subjects. None: durable, the answer may leave."""
        now = self.now()
        people = {budget: frozenset(map(self.pseudonym, who)) for budget, who in seen.items() if who}
        if asker.ticket is not None:
            role = counted_as(asker.role)
            over = self.budgets.take([Spend(asker.actor, role, b, who) for b, who in people.items()], now)
            if over is not None:
                return self._refused(asker, kind, over, now)
        self.log.append(
            *(
                Entry(at=now, kind=kind, actor=asker.actor, role=asker.role, purpose=purpose, budget=b,
                      subjects=sorted(who), count=len(who))
                for b, who in people.items()
            )
        )  # fmt: skip
        return None

    def look_at_some(self, asker: Asker, kind: str, budget: Budget, subjects: list[str]) -> list[str] | Refused:
        """As `look`, for the hits of a search: as many of them as there is room for, or why not even one."""
        assert asker.ticket is not None
        now, names = self.now(), {self.pseudonym(subject): subject for subject in subjects}
        spend = Spend(asker.actor, asker.ticket.role, budget, frozenset(names))
        taken = self.budgets.take_some(spend, names, now)
        if isinstance(taken, Over):
            return self._refused(asker, kind, taken, now)
        if taken:
            self.log.append(
                Entry(at=now, kind=kind, actor=asker.actor, role=asker.role, purpose=kind, budget=budget,
                      subjects=sorted(taken), count=len(taken))
            )  # fmt: skip
        return [names[one] for one in taken]

    def _refused(self, asker: Asker, kind: str, over: Over, now: datetime) -> Refused:
        log.warning("keeper.over_budget", actor=asker.actor, budget=over.budget, window=over.window)
        self.log.append(
            Entry(at=now, kind="refused", actor=asker.actor, role=asker.role, purpose=kind, budget=over.budget)
        )
        return Refused("over_budget", {"budget": over.budget, "window": over.window, "cap": over.cap})

    def record(self, kind: str, asker: Asker, *, purpose: str = "", subjects: tuple[str, ...] = ()) -> int:
        """A durable line about something that was done; its place in the log."""
        who = sorted(map(self.pseudonym, subjects))
        return self.log.append(
            Entry(at=self.now(), kind=kind, actor=asker.actor, role=asker.role, purpose=purpose, subjects=who)
        )
