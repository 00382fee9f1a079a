"""Enrolling an edge: at the keeper by an owner's ticket, then here, so that it may speak to this server."""

import base64
from dataclasses import dataclass
from datetime import datetime

from gatehouse.keeper.protocol import Done, EnrolEdge, Hello, Refused, Welcome
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_edge
from gatehouse.server.gates.models import Edge
from gatehouse.server.people.models import Site


@dataclass(frozen=True, slots=True)
class Keys:
    """An edge's public keys, 32 bytes each: Ed25519 and X25519."""

    sign: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the edge pins: the keeper's public keys, 32 bytes each."""

    edge: Edge
    seal_key: bytes
    verify_key: bytes

    @property
    def seal_key_text(self) -> str:
        return base64.b64encode(self.seal_key).decode()

    @property
    def verify_key_text(self) -> str:
        return base64.b64encode(self.verify_key).decode()


@dataclass(frozen=True, slots=True)
class Taken:
    """An edge of this id stands at another site."""


def enrol_edge(edge_id: str, site: Site, keys: Keys, *, by: By, at: datetime) -> Enrolled | Taken | Refused:
    """Done again with the same or newer keys it replaces them. Raises KeeperAway."""
    if Edge.objects.filter(pk=edge_id).exclude(site=site).exists():
        return Taken()
    request = EnrolEdge(
        edge=edge_id, site=str(site.pk), zone=site.zone, sign_key=keys.sign, seal_key=keys.seal, by=by.authority
    )
    reply = keeping.ask(request, Done)
    if isinstance(reply, Refused):
        return reply
    welcome = keeping.must(Hello(), Welcome)
    edge = add_edge(edge_id, site, keys.sign, by=by, at=at)
    return Enrolled(edge, welcome.seal_key, welcome.verify_key)
