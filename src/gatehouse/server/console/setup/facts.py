"""How far a site is, read from the tables and from what edges told lately (`domain.setting_up`)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from gatehouse.clock import monotonic_s
from gatehouse.domain.setting_up import Facts, GateFacts, Line, checklist, missing
from gatehouse.keeper.protocol import Refused
from gatehouse.server import bus, keeping
from gatehouse.server.accounts import ways
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.gates import policies, queries
from gatehouse.server.gates.models import Attempt, Device, DeviceKind, Gate, Outcome
from gatehouse.server.parking.queries import garages_by_gate_code
from gatehouse.server.people.models import Credential, CredentialState, Membership, PersonState, Site

EDGE_SILENT_S = 60.0  # an edge asks anew every half minute at the latest


def answers(site: Site) -> bool:
    """Whether an edge of this site was heard within the last minute."""
    heard = [bus.heard_s(edge.pk) for edge in queries.edges([site]) if edge.active]
    return any(at is not None and monotonic_s() - at < EDGE_SILENT_S for at in heard)


def let_somebody_in(site: Site) -> bool:
    """Somebody or a vehicle that was known or read; opening by hand is nobody's."""
    return Attempt.objects.filter(site=site, outcome=Outcome.GRANTED, token__isnull=False).exists()


def ready_groups(site: Site) -> set[str]:
    """Groups in which somebody has a way in."""
    able = Credential.objects.filter(
        person__site=site, person__state=PersonState.ACTIVE, state=CredentialState.ACTIVE
    ).values("person_id")
    found = Membership.objects.filter(group__site=site, person_id__in=able).values_list("group_id", flat=True)
    return {str(group) for group in found.distinct()}


def own_way(who: SignedIn) -> bool:
    """Whether the reader can sign in again. Raises KeeperAway."""
    found = ways.ways_of(who.token)
    return not isinstance(found, Refused) and bool(found.ways)


def facts_of(site: Site | None, *, own: bool = True, recovery: bool = True) -> Facts:
    """`own`, `recovery`: whether the reader has a way to sign in again, and the installation a recovery key."""
    if site is None:
        return Facts(own_way=own, recovery=recovery)
    groups = ready_groups(site)
    return Facts(
        site=True,
        own_way=own,
        recovery=recovery,
        edge=answers(site),
        gates=tuple(_gates(site, groups)),
        people=bool(groups),
        let_in=let_somebody_in(site),
    )


def _gates(site: Site, groups: set[str]) -> Iterable[GateFacts]:
    _number, document = policies.in_force(site)
    ruled = {gate for rule in document.rules if not rule.deny and rule.groups & groups for gate in rule.gates}
    priced = garages_by_gate_code(site.pk)
    devices: dict[UUID, list[Device]] = {}
    for device in queries.devices(site):
        devices.setdefault(device.gate_id, []).append(device)
    for gate in queries.gates([site]):
        yield _gate(gate, devices.get(gate.pk, []), ruled=gate.code in ruled, priced=gate.code in priced)


def _gate(gate: Gate, devices: Sequence[Device], *, ruled: bool, priced: bool) -> GateFacts:
    def tried(kind: DeviceKind) -> list[bool]:
        return [device.tried for device in devices if device.kind == kind]

    cameras, relays = tried(DeviceKind.CAMERA), tried(DeviceKind.RELAY)
    readers = len(tried(DeviceKind.READER)) + len(tried(DeviceKind.TERMINAL))
    charges = gate.collects or gate.admits_unknown
    return GateFacts(
        gate.code,
        cameras=len(cameras),
        seen=sum(cameras),
        readers=readers,
        relays=len(relays),
        moved=sum(relays),
        ruled=ruled,
        open_to_all=charges,
        charges=charges,
        priced=priced,
    )


def lines_for(site: Site | None, who: SignedIn) -> list[Line]:
    """The list for the set-up page. Raises KeeperAway."""
    return checklist(facts_of(site, own=own_way(who), recovery=bool(keeping.recovery_recipient())))


def left_for(site: Site) -> int:
    """How many steps are left for the hint on Watch; 0 from the first one let in on, whatever is left."""
    return 0 if let_somebody_in(site) else len(missing(checklist(facts_of(site))))
