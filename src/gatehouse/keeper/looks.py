"""The verbs by which something about a person leaves the keeper: counted, logged, and only then answered."""

import re
from datetime import timedelta

from gatehouse.crypto.letters import hpke_seal
from gatehouse.keeper.cells import Foreign, Gone, Opened
from gatehouse.keeper.contractors import own_people
from gatehouse.keeper.limits import file_of, published_web
from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import (
    LABELS,
    Authority,
    Budget,
    Find,
    Look,
    LookList,
    Looks,
    Names,
    Refused,
    Reseal,
    Reveal,
    Revealed,
    Role,
    Sealed,
    Tokens,
    Usage,
    UsageList,
    Who,
)
from gatehouse.keeper.rules import JOB_READS, JOB_WHO_DAYS, READS, WHO_DAYS
from gatehouse.keeper.teams import is_of_the_team, look_at_team
from gatehouse.keeper.vault import Asker, Vault
from gatehouse.keeper.visits import is_host_of, may_follow
from gatehouse.wire import FEED_INFO, feed_aad

FIND_LIMIT = 100
PURPOSE = re.compile(r"[a-z0-9_.-]{1,64}")  # it goes into the log for good, so it is a code and never a sentence
LOOK_KINDS = frozenset({"reveal", "find", "who", "tokens", "invite", "fill", "entrust"})


def reveal(vault: Vault, request: Reveal) -> Revealed | Refused:
    """Plaintexts in order, None where a key is gone. A cell that was moved or changed refuses the whole request."""
    if not PURPOSE.fullmatch(request.purpose):
        return Refused("bad_request", {"field": "purpose"})
    found = [vault.cells.open(cell) for cell in request.cells]
    for place, result in enumerate(found):
        if isinstance(result, Foreign):
            return Refused("bad_request", {"cell": place})
    opened = [result for result in found if isinstance(result, Opened)]
    personal = [cell for cell in opened if cell.label.budget is not Budget.NONE]
    refused = _look_at(vault, request, personal)
    if refused is not None:
        return refused
    if len(opened) > len(personal):
        free = len(opened) - len(personal)
        vault.log.append_soon(Entry(at=vault.now(), kind="free", purpose=request.purpose, count=free))
    return Revealed([result.data if isinstance(result, Opened) else None for result in found])


def _look_at(vault: Vault, request: Reveal, cells: list[Opened]) -> Refused | None:
    if not cells:
        return None
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    tripped = vault.trip(asker, "reveal", {cell.subject for cell in cells})
    if tripped is not None:
        return tripped
    own = _own_people(asker, cells)
    for cell in cells:
        if not _may_read(asker, cell, own) and not (asker.ticket and is_of_the_team(vault, asker.ticket, cell)):
            return Refused("not_allowed", {"label": cell.label.name})
    team = [cell for cell in cells if not _may_read(asker, cell, own)]
    if team:  # a request is about oneself or about one's team: each has a cap of its own
        same = len(team) == len(cells)
        return look_at_team(vault, asker, request.purpose, team) if same else Refused("bad_request")
    seen: dict[Budget, set[str]] = {}
    for cell in cells:
        seen.setdefault(cell.label.budget, set()).add(cell.subject)
    return vault.look(asker, "reveal", request.purpose, seen)


def _own_people(asker: Asker, cells: list[Opened]) -> frozenset[str]:
    contractor = asker.ticket is not None and asker.ticket.role is Role.CONTRACTOR
    return own_people(asker.ticket.subject, cells) if contractor and asker.ticket else frozenset()


def _may_read(asker: Asker, cell: Opened, employed: frozenset[str]) -> bool:
    name = cell.label.name
    if asker.job is not None:
        return name in JOB_READS.get(asker.job, frozenset())
    if asker.ticket is None or name not in READS[asker.ticket.role] or not asker.reaches(cell.site):
        return False
    if asker.ticket.role is Role.CONTRACTOR:
        return cell.subject in employed
    own = cell.subject == asker.ticket.subject or is_host_of(asker.ticket.subject, cell)
    return asker.ticket.role is not Role.WORKER or own


def tokens(vault: Vault, request: Tokens) -> Sealed | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    allowed = asker.may("tokens") or may_follow(vault, asker, request.subjects)
    if not allowed or not asker.reaches(request.site):
        return Refused("not_allowed")
    if asker.role == Role.WORKER and asker.ticket and set(request.subjects) != {asker.ticket.subject}:
        return Refused("not_allowed")
    day_key = vault.days.key_or_new(request.site, request.day, vault.today(request.site))
    if day_key is None:
        return Refused("day_destroyed")
    refused = vault.look(asker, "tokens", "tokens", {Budget.NAMES: set(request.subjects)})
    if refused is not None:
        return refused
    return Sealed([vault.people.token(day_key, subject) or b"" for subject in request.subjects])


def who(vault: Vault, request: Who) -> Names | Refused:
    """By a ticket it counts: as `brief` for the last days, as names for older ones."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    age = vault.today(request.site) - request.day
    recent = age <= timedelta(days=JOB_WHO_DAYS)
    allowed = asker.may("who") if recent else asker.ticket is not None and asker.may("who.old")
    if not allowed or age > timedelta(days=WHO_DAYS) or not asker.reaches(request.site):
        return Refused("not_allowed")
    day_key = vault.days.key(request.site, request.day)
    if day_key is None:
        return Refused("day_destroyed")
    ids = vault.people.whose(day_key, request.tokens)
    budget = Budget.BRIEF if recent else Budget.NAMES
    refused = vault.look(asker, "who", "who", {budget: {found for found in ids if found}})
    return Names(ids) if refused is None else refused


def find(vault: Vault, request: Find) -> Names | Refused:
    """Whoever has no room left is told so whatever they search: else refusals would spell out everybody's name."""
    asker = vault.asker(Authority(ticket=request.ticket))
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("find") or not 0 < request.limit <= FIND_LIMIT:
        return Refused("not_allowed")
    labels = frozenset(name for name in READS[asker.ticket.role] if LABELS[name].indexed)
    among = None if request.among is None else frozenset(request.among)
    hits = vault.index.find(request.text, labels, request.limit, among)
    found = vault.look_at_some(asker, "find", Budget.NAMES, hits)
    return found if isinstance(found, Refused) else Names(found)


def reseal(vault: Vault, request: Reseal) -> Revealed | Refused:
    """Readable only by that edge; one log line for all, durable before the answer."""
    edge = vault.store.edge(request.edge)
    if edge is None:
        return Refused("unknown_edge")
    if len(request.owners) != len(request.cells):
        return Refused("bad_request")
    answer: list[bytes | None] = []
    seen: dict[Budget, set[str]] = {}
    for place, (cell, owner) in enumerate(zip(request.cells, request.owners, strict=True)):
        result = vault.cells.open(cell)
        if isinstance(result, Gone):
            answer.append(None)
            continue
        if isinstance(result, Foreign) or not result.label.edges or result.site not in ("", edge.site):
            return Refused("bad_request", {"cell": place})
        if result.subject not in (owner, f"row:{owner}"):
            return Refused("bad_request", {"cell": place})
        seen.setdefault(result.label.budget, set()).add(result.subject)
        aad = feed_aad(edge.edge, cell.label, owner)
        answer.append(hpke_seal(result.data, info=FEED_INFO, aad=aad, public_key=edge.seal_key))
    refused = vault.look(Asker(f"edge:{edge.edge}", "edge"), "reseal", "feed", seen)
    return Revealed(answer) if refused is None else refused


def looks(vault: Vault, request: Looks) -> LookList | Refused:
    """Every look at this person that the log holds, newest first."""
    asker = vault.asker(Authority(ticket=request.ticket))
    if isinstance(asker, Refused):
        return asker
    own = asker.ticket is not None and asker.role == Role.WORKER and asker.ticket.subject == request.subject
    if asker.ticket is None or not (own or asker.may("looks")):
        return Refused("not_allowed")
    person = vault.pseudonym(request.subject)
    found = [
        Look(entry.at, entry.actor, entry.role, _shown(entry), Budget(entry.budget), place)
        for place, entry in enumerate(vault.log.entries())
        if entry.kind in LOOK_KINDS and person in entry.subjects
    ]
    return LookList(found[::-1])


def _shown(entry: Entry) -> str:
    """The line of an invitation, and of a team, names whom it was for; the person is told only what it was."""
    return entry.kind if entry.kind in ("invite", "entrust") else entry.purpose


def usage(vault: Vault, request: Usage) -> UsageList | Refused:
    asker = vault.asker(Authority(ticket=request.ticket))
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("usage"):
        return Refused("not_allowed")
    rows = list(vault.budgets.usage(vault.now()))
    return UsageList(
        rows, vault.log.head()[0], vault.limits.rows(), vault.budgets.web_cap(),
        published_web(vault.enrolled.count()),
        file_of(vault.folder, vault.limits.name), vault.limits_since,
    )  # fmt: skip
