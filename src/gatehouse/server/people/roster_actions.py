"""Writing contractors, teams, and who is in the real-name roster."""

from datetime import datetime

import msgspec
from django.db import transaction

from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people import roster_looks, roster_queries
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import CertificateKind, Contractor, EntryRule, Person, RosterEntry, Site, Team
from gatehouse.server.people.roster_cells import RosterFacts, to_bytes


@transaction.atomic
def add_contractor(site: Site, name: str, *, by: By, at: datetime) -> Contractor:
    """The contractor of that name: made, or the one that is there."""
    contractor, made = Contractor.objects.get_or_create(site=site, name=name)
    if made:
        record("contractor.added", "contractor", contractor.pk, by=by, at=at)
    return contractor


@transaction.atomic
def add_team(contractor: Contractor, name: str, *, by: By, at: datetime) -> Team:
    """The contractor's team of that name: made, or the one that is there."""
    team, made = Team.objects.get_or_create(contractor=contractor, name=name)
    if made:
        record("team.added", "team", team.pk, by=by, at=at)
    return team


@transaction.atomic
def rename_team(team: Team, name: str, *, by: By, at: datetime) -> bool:
    """False where the contractor has another team of that name."""
    if Team.objects.filter(contractor_id=team.contractor_id, name=name).exclude(pk=team.pk).exists():
        return False
    Team.objects.filter(pk=team.pk).update(name=name)
    record("team.renamed", "team", team.pk, by=by, at=at)
    return True


def ask_for_training(site: Site, *, by: By, at: datetime) -> None:
    """From now on gates keep out who is not in the roster or lacks a training that holds; they learn it at once."""
    _set_rule(site, training_first=True, verb="entryrule.training_asked", by=by, at=at)


def let_in_without_training(site: Site, *, by: By, at: datetime) -> None:
    _set_rule(site, training_first=False, verb="entryrule.training_not_asked", by=by, at=at)


@transaction.atomic
def _set_rule(site: Site, *, training_first: bool, verb: str, by: By, at: datetime) -> None:
    EntryRule.objects.update_or_create(site=site, defaults={"training_first": training_first})
    record(verb, "site", site.pk, by=by, at=at)
    bump_roster(site.pk)


def enter_roster(person: Person, facts: RosterFacts, *, by: By, at: datetime) -> RosterEntry:
    """The person's entry anew, under the contractor of their team. Raises KeeperAway."""
    team = roster_queries.team(facts.team, [person.site]) if facts.team else None
    facts = msgspec.structs.replace(facts, contractor=str(team.contractor_id) if team else "")
    cell = keeping.seal_one("person.roster/1", person.pk, person.pk, to_bytes(facts))
    with transaction.atomic():
        entry, _ = RosterEntry.objects.update_or_create(person=person, defaults={"cell": cell})
        record("person.roster_entered", "person", person.pk, by=by, at=at)
        bump_roster(person.site_id)
    return entry


@transaction.atomic
def add_certificate(site: Site, name: str, *, by: By, at: datetime) -> CertificateKind:
    """The certificate of that name: made, or the one that is there."""
    kind, made = CertificateKind.objects.get_or_create(site=site, name=name)
    if made:
        record("certificate.added", "certificate", kind.pk, by=by, at=at)
        bump_roster(site.pk)
    return kind


def ask_for_certificate(kind: CertificateKind, *, by: By, at: datetime) -> None:
    """From now on nobody comes in without it."""
    _set_asked(kind, asked=True, verb="certificate.asked", by=by, at=at)


def ask_holders_only(kind: CertificateKind, *, by: By, at: datetime) -> None:
    """From now on it keeps out only those of whom it has run out."""
    _set_asked(kind, asked=False, verb="certificate.not_asked", by=by, at=at)


@transaction.atomic
def _set_asked(kind: CertificateKind, *, asked: bool, verb: str, by: By, at: datetime) -> None:
    CertificateKind.objects.filter(pk=kind.pk).update(asked=asked)
    record(verb, "certificate", kind.pk, by=by, at=at)
    bump_roster(kind.site_id)


@transaction.atomic
def drop_certificate(kind: CertificateKind, *, by: By, at: datetime) -> None:
    """Gates look at it no more, whoever holds it."""
    record("certificate.dropped", "certificate", kind.pk, by=by, at=at)
    bump_roster(kind.site_id)
    kind.delete()


@transaction.atomic
def strike_from_roster(person: Person, *, by: By, at: datetime) -> bool:
    """False where the person was in none."""
    if not RosterEntry.objects.filter(pk=person.pk).delete()[0]:
        return False
    record("person.roster_struck", "person", person.pk, by=by, at=at)
    bump_roster(person.site_id)
    return True


def name_contractors(site: Site, *, by: By, at: datetime) -> int | Refused:
    """Entries that were written before a contractor stood in them, written anew; how many. Raises KeeperAway."""
    people = [person for person in roster_queries.active([site]) if hasattr(person, "roster_entry")]
    facts = roster_looks.roster(people, by.authority, "crews.page")
    if isinstance(facts, Refused):
        return facts
    unnamed = [person for person in people if person.pk in facts and facts[person.pk].team]
    unnamed = [person for person in unnamed if not facts[person.pk].contractor]
    for person in unnamed:
        enter_roster(person, facts[person.pk], by=by, at=at)
    return len(unnamed)
