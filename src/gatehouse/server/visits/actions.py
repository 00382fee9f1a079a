"""Writing visits. What somebody typed is sealed before it reaches a row; at the end the keys go first, then the row."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain import visits as rules
from gatehouse.domain.periods import local_date
from gatehouse.domain.plates import normalise
from gatehouse.domain.visits import Span, Standing, VisitError
from gatehouse.keeper.protocol import KeyClass, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_rule, drop_rule
from gatehouse.server.gates.models import Gate
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.people.actions import add_group, bump_roster
from gatehouse.server.people.cells import initials, pack
from gatehouse.server.people.models import Person, PersonState, Site
from gatehouse.server.visits import looks, queries
from gatehouse.server.visits.cells import VisitBrief, VisitFacts, VisitSpan
from gatehouse.server.visits.models import Visit, VisitSetup, VisitState

VISITS = By.job("visits")
GROUP = "Visitors"
MOST_OF_A_HOST = 50  # open invitations of one host: whoever sends mail by us sends no flood
_KEYS = [KeyClass.VISIT, KeyClass.ACCESS]


@dataclass(frozen=True, slots=True)
class Invited:
    """Who is to come, in the clear; lives in memory, between a form and the keeper."""

    name: str = field(repr=False)
    starts: datetime
    ends: datetime
    purpose: str = field(default="", repr=False)
    mail: str = field(default="", repr=False)
    plate: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NotInvited:
    """Codes of `VisitError`, and `host_left`, `no_setup`, `too_many`, `sent` (the form was, for another host),
    `overtaken`."""

    code: str


def invite(host: Person, of: Invited, *, new_id: UUID | None = None, by: By, at: datetime) -> Visit | NotInvited:
    """`new_id` is the form's own: however often it is sent, it invites once. Raises KeeperAway."""
    return _invite(host, of, None, new_id, by=by, at=at)


def walk_in(host: Person, of: Invited, *, new_id: UUID | None = None, by: By, at: datetime) -> Visit | NotInvited:
    """As `invite`, for somebody who stands at the desk and is here from now on. Raises KeeperAway."""
    return _invite(host, of, at, new_id, by=by, at=at)


def _invite(
    host: Person, of: Invited, arrived: datetime | None, new_id: UUID | None, *, by: By, at: datetime
) -> Visit | NotInvited:
    site, span = host.site, Span(of.starts, of.ends, arrived)
    if new_id is not None and (held := Visit.objects.filter(pk=new_id).first()) is not None:
        return held if held.host_id == host.pk else NotInvited("sent")
    try:
        rules.check(of.name, span, of.plate, at)
    except VisitError as fault:
        return NotInvited(fault.code)
    if host.state != PersonState.ACTIVE:
        return NotInvited("host_left")
    setup = queries.setup_of(site)
    if setup is None or setup.group is None:
        return NotInvited("no_setup")
    today = local_date(at, ZoneInfo(site.zone))
    waiting = Visit.objects.filter(host=host, state=VisitState.INVITED, last_on__gte=today)
    if waiting.count() >= MOST_OF_A_HOST:
        return NotInvited("too_many")
    own = new_id or uuid4()
    cells = _sealed(own, host, of, span)
    with transaction.atomic():
        visit = Visit.objects.create(
            id=own,
            site=site,
            host=host,
            state=VisitState.ARRIVED if arrived else VisitState.INVITED,
            last_on=rules.last_date(span, ZoneInfo(site.zone)),
            **cells,
        )
        record("visit.invited", "visit", own, by=by, at=at)
        if arrived:
            _tell_arrival(visit, at=at)
        bump_roster(site.pk)
    return visit


def _sealed(own: UUID, host: Person, of: Invited, span: Span) -> dict[str, bytes]:
    plate = normalise(of.plate)
    said = VisitSpan(str(host.pk), span.starts, span.ends, span.arrived, span.left)
    brief = VisitBrief(str(host.pk), initials(of.name)[:4])
    facts = VisitFacts(str(host.pk), of.name.strip(), of.purpose.strip(), of.mail.strip(), plate)
    plains = {
        "span_cell": keeping.plain("visit.span/1", own, own, pack(said)),
        "brief_cell": keeping.plain("visit.brief/1", own, own, pack(brief)),
        "facts_cell": keeping.plain("visit.facts/1", own, own, pack(facts)),
    }
    if plate:
        plains["plate_cell"] = keeping.plain("visit.plate/1", own, own, plate.encode())
    return dict(zip(plains, keeping.seal_many(list(plains.values())), strict=True))


def write_span(visit: Visit, said: VisitSpan, span: Span, *, verb: str, by: By, at: datetime) -> bool:
    """The span as it is now; False when somebody wrote it meanwhile. An arrival is told of. Raises KeeperAway."""
    before, cell = bytes(visit.span_cell), _span_cell(visit, said.with_span(span))
    arrives = said.arrived is None and span.arrived is not None
    with transaction.atomic():
        held = Visit.objects.filter(pk=visit.pk, span_cell=before).exclude(state=VisitState.CANCELLED)
        last_on = rules.last_date(span, ZoneInfo(visit.site.zone))
        if held.update(span_cell=cell, state=_state(span), last_on=max(last_on, visit.last_on)) != 1:
            return False
        record(verb, "visit", visit.pk, by=by, at=at)
        if arrives:
            _tell_arrival(visit, at=at)
        if span.ends != said.ends:
            bump_roster(visit.site_id)
    visit.span_cell, visit.state = cell, _state(span)
    return True


def _span_cell(visit: Visit, said: VisitSpan) -> bytes:
    return keeping.seal_one("visit.span/1", visit.pk, visit.pk, pack(said))


def _state(span: Span) -> VisitState:
    """By a moment before the end, so that who is overdue counts as here."""
    match rules.standing(span, span.starts):
        case Standing.HERE | Standing.OVERDUE:
            return VisitState.ARRIVED
        case Standing.LEFT:
            return VisitState.LEFT
        case _:
            return VisitState.ARRIVED if span.arrived else VisitState.INVITED


def _tell_arrival(visit: Visit, *, at: datetime) -> None:
    """Other programs: that somebody's visitor has come, and never whose."""
    tell(visit.site_id, [Happened(EventKind.VISITED, at, {})], now=at)


def arrive(visit: Visit, said: VisitSpan, *, by: By, at: datetime) -> bool:
    """The desk has seen them. False when they were here already, or somebody wrote meanwhile. Raises KeeperAway."""
    span = said.span
    if rules.standing(span, at) in (Standing.HERE, Standing.OVERDUE):
        return False
    return write_span(visit, said, Span(span.starts, span.ends, span.arrived or at), verb="visit.arrived", by=by, at=at)


def end(visit: Visit, said: VisitSpan, *, by: By, at: datetime) -> bool:
    """They have left for good; the pass opens nothing from now on. Raises KeeperAway."""
    return write_span(visit, said, rules.ended(said.span, at), verb="visit.ended", by=by, at=at)


def prolong(visit: Visit, said: VisitSpan, until: datetime, *, by: By, at: datetime) -> NotInvited | None:
    """The visit lasts longer, or ends earlier. Raises KeeperAway."""
    span = Span(said.starts, until, said.arrived, said.left)
    try:
        rules.check("-", span, "", at)
    except VisitError as fault:
        return NotInvited(fault.code)
    written = write_span(visit, said, span, verb="visit.prolonged", by=by, at=at)
    return None if written else NotInvited("overtaken")


@transaction.atomic
def cancel(visit: Visit, *, by: By, at: datetime) -> bool:
    """Taken back: no gate knows them any more, and the night destroys the rest. False where it was already, or they
    have come."""
    if Visit.objects.filter(pk=visit.pk, state=VisitState.INVITED).update(state=VisitState.CANCELLED) != 1:
        return False
    record("visit.cancelled", "visit", visit.pk, by=by, at=at)
    bump_roster(visit.site_id)
    return True


@transaction.atomic
def restore(visit: Visit, *, by: By, at: datetime) -> bool:
    """The taking back is undone, until the night."""
    if Visit.objects.filter(pk=visit.pk, state=VisitState.CANCELLED).update(state=VisitState.INVITED) != 1:
        return False
    record("visit.restored", "visit", visit.pk, by=by, at=at)
    bump_roster(visit.site_id)
    return True


# --- the link ----------------------------------------------------------------------------------------------------


@transaction.atomic
def new_link(visit: Visit, *, by: By, at: datetime) -> None:
    """The link before opens nothing any more, and another phone may open the new one."""
    Visit.objects.filter(pk=visit.pk).update(link=visit.link + 1, device=None)
    record("visit.link_made", "visit", visit.pk, by=by, at=at)
    visit.refresh_from_db()


def bind(visit: Visit, *, at: datetime) -> str | None:
    """The phone that opens the link first gets this secret to keep; None when another has it."""
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        if Visit.objects.filter(pk=visit.pk, link=visit.link, device=None).update(device=_hash(secret)) != 1:
            return None
        record("visit.link_opened", "visit", visit.pk, by=VISITS, at=at)
    visit.device = _hash(secret)
    return secret


def is_bound_to(visit: Visit, secret: str) -> bool:
    return visit.device is not None and secrets.compare_digest(bytes(visit.device), _hash(secret))


def _hash(secret: str) -> bytes:
    """Of 192 random bits: nobody guesses them from it."""
    return blake2b(secret.encode(), digest_size=16).digest()


# --- the site ----------------------------------------------------------------------------------------------------


@transaction.atomic
def set_up(site: Site, gates: Iterable[Gate], keep_days: int, *, by: By, at: datetime) -> VisitSetup:
    """Which gates visitors pass while their visit lasts, and how long it is kept. Raises VisitError `keep_days`."""
    if not 0 <= keep_days <= rules.LONGEST_KEPT:
        raise VisitError("keep_days", f"0 to {rules.LONGEST_KEPT} days")
    setup, _ = VisitSetup.objects.get_or_create(site=site)
    group = setup.group or add_group(site, GROUP, by=by, at=at)
    if setup.rule is not None:
        drop_rule(setup.rule, by=by, at=at)
    rule = add_rule(site, [group], list(gates), by=by, at=at)
    VisitSetup.objects.filter(pk=setup.pk).update(group=group, rule=rule, keep_days=keep_days)
    record("visits.set_up", "site", site.pk, by=by, at=at)
    setup.refresh_from_db()
    return setup


def destroy(visit: Visit, *, at: datetime) -> None:
    """Keys first: what copies of the row hold is unreadable from then on, their passages' facts too. Raises
    KeeperAway, KeeperRefused."""
    reply = keeping.forget(visit.pk, _KEYS, VISITS.authority)
    if isinstance(reply, Refused):
        raise keeping.KeeperRefused(reply.code, reply.facts)
    with transaction.atomic():
        record("visit.destroyed", "visit", visit.pk, by=VISITS, at=at)
        Visit.objects.filter(pk=visit.pk).delete()
        bump_roster(visit.site_id)


def destroy_due(site: Site, *, at: datetime) -> int:
    """Those whose time is over, and those that were taken back; how many. Raises KeeperAway, KeeperRefused."""
    today, kept = local_date(at, ZoneInfo(site.zone)), queries.keep_days(site)
    done = 0
    for visit in Visit.objects.filter(site=site).select_related("site"):
        inside = visit.state == VisitState.ARRIVED
        if visit.state == VisitState.CANCELLED or rules.is_due(visit.last_on, kept, today, inside=inside):
            destroy(visit, at=at)
            done += 1
    if done:
        looks.forget()  # out of this process's memory as well
    return done
