"""Whom somebody at the desk means: the code of a pass, a number or name, or whoever has just stood at a gate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gatehouse.crypto import tokens
from gatehouse.domain.periods import Period
from gatehouse.keeper.protocol import Hello, PassageFacts, Refused, Welcome
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console.watch_log import facts_of
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Attempt
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Person, Site
from gatehouse.server.pickup import queries
from gatehouse.wire import PASS_KIND

PURPOSE = "pickup.desk"
JUST_NOW = timedelta(minutes=5)
MOST_SHOWN, MOST_FOUND = 6, 25


@dataclass(frozen=True, slots=True)
class Found:
    """Who was meant, collectors and pupils apart. `flaw` is why a code means nobody."""

    collectors: tuple[Person, ...] = ()
    pupils: tuple[Person, ...] = ()
    flaw: str = ""


def find(text: str, sites: list[Site], who: SignedIn, at: datetime) -> Found | Refused:
    """Raises KeeperAway."""
    said = text.strip()
    if said.startswith("GH1."):
        return _by_code(said, sites, at)
    among = {row.pk: row.person for row in queries.collectors(sites)}
    children = {pupil.pk: pupil for site in sites for pupil in queries.pupils(site)}
    hits = keeping.find(said, who.token, MOST_FOUND, [*among, *children])
    if isinstance(hits, Refused):
        return hits
    ids = [UUID(hit) for hit in hits]
    return Found(
        tuple(among[one] for one in ids if one in among), tuple(children[one] for one in ids if one in children)
    )


def _by_code(text: str, sites: list[Site], at: datetime) -> Found:
    """A pass must be genuine, in its time, and not taken back. It is not used up: gates do that."""
    key = keeping.must(Hello(), Welcome).verify_key
    token = tokens.check(text, PASS_KIND, key, at.timestamp())
    if not isinstance(token, tokens.Token):
        return Found(flaw="expired" if token is tokens.Flaw.EXPIRED else "invalid")
    site = next((one for one in sites if str(one.pk) == str(token.claims["site"])), None)
    own = people.uuid_from(str(token.claims["sub"]))
    if site is None or own is None or str(token.claims["id"]) in people.dead_passes(site):
        return Found(flaw="invalid")
    collector = queries.collector(own, [site])
    return Found((collector.person,)) if collector else Found(flaw="no_collector")


def lately(sites: list[Site], at: datetime) -> list[Attempt]:
    """Who stood at a gate of these schools just now, newest first: ids and times; who it was is sealed."""
    spans = {site.pk: Period(at - JUST_NOW, at + timedelta(seconds=1)) for site in sites}
    return list(gates.attempts(spans)[:MOST_SHOWN]) if spans else []


def who_stood(attempt_id: UUID, sites: list[Site], who: SignedIn) -> Found | Refused:
    """Whoever showed a card, a pass, a PIN or their face there. Raises KeeperAway."""
    attempt = gates.attempt(attempt_id, sites)
    facts = facts_of(attempt, who, PURPOSE) if attempt is not None else None
    if isinstance(facts, Refused):
        return facts
    own = people.uuid_from(facts.subject) if isinstance(facts, PassageFacts) and facts.subject else None
    collector = queries.collector(own, sites) if own else None
    return Found((collector.person,)) if collector else Found(flaw="no_collector")
