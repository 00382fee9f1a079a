"""What the processing register and the draft of an impact assessment say, out of how this installation really is set
up: sites, gates, cameras, ways in, how long what is kept, and who gets it. Counts only; nobody is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gatehouse.domain.retention import Retention
from gatehouse.domain.subject_rights import FILING_FACES, Filing, filing
from gatehouse.keeper.protocol import Recipient, RecipientList, Recipients, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Device, DeviceKind
from gatehouse.server.hooks import queries as hooks
from gatehouse.server.parking.models import Garage, ProviderAccount
from gatehouse.server.payroll.models import PaySetup
from gatehouse.server.people.models import (
    Consent,
    ConsentState,
    Credential,
    CredentialState,
    Person,
    PersonState,
    Site,
    Vehicle,
    VehicleState,
)
from gatehouse.server.rights import queries


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """One site as it is set up now. `means` counts the ways in that work, by kind."""

    site: Site
    people: int
    left: int
    gates: int
    cameras: int
    means: dict[str, int]
    consents: int
    vehicles: int
    garages: int
    pays: bool
    kept: Retention
    recipients: tuple[Recipient, ...]
    hooks: tuple[str, ...]
    providers: tuple[str, ...]
    last_destroyed: date | None


@dataclass(frozen=True, slots=True)
class Faces:
    """How many people's faces the whole installation keeps, against the filing threshold."""

    count: int
    state: Filing
    threshold: int = FILING_FACES


def faces() -> Faces:
    count = queries.enrolled_faces()
    return Faces(count, filing(count))


def register(sites: Sequence[Site], by: By) -> list[SiteFacts]:
    """Raises KeeperAway."""
    return [_site(site, by) for site in sites]


def _site(site: Site, by: By) -> SiteFacts:
    people = Person.objects.filter(site=site)
    alive = Credential.objects.filter(person__site=site, state=CredentialState.ACTIVE)
    means: dict[str, int] = {}
    for kind in alive.values_list("kind", flat=True):
        means[kind] = means.get(kind, 0) + 1
    last = queries.destructions(site).first()
    return SiteFacts(
        site=site,
        people=people.filter(state=PersonState.ACTIVE).count(),
        left=people.filter(state=PersonState.LEFT).count(),
        gates=gates.gates([site]).count(),
        cameras=Device.objects.filter(gate__site=site, kind=DeviceKind.CAMERA).count(),
        means=means,
        consents=Consent.objects.filter(person__site=site, state=ConsentState.GIVEN).count(),
        vehicles=Vehicle.objects.filter(site=site).exclude(state=VehicleState.GONE).count(),
        garages=Garage.objects.filter(site=site).count(),
        pays=PaySetup.objects.filter(site=site).exists(),
        kept=queries.retention_of(site),
        recipients=_recipients(site, by),
        hooks=tuple(hooks.hooks([site]).filter(active=True).values_list("url", flat=True)),
        providers=tuple(sorted(set(ProviderAccount.objects.filter(site=site).values_list("provider", flat=True)))),
        last_destroyed=None if last is None else last.at.date(),
    )


def _recipients(site: Site, by: By) -> tuple[Recipient, ...]:
    """Who may get files; an auditor is not told by the keeper."""
    reply = keeping.ask(Recipients(site=str(site.pk), by=by.authority), RecipientList)
    return () if isinstance(reply, Refused) else tuple(reply.recipients)
