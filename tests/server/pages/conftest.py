"""A small place behind the pages: a real keeper in this process, and rows that were written by actions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client as Browser

from gatehouse.clock import SystemClock
from gatehouse.domain import access
from gatehouse.domain.sightings import Means
from gatehouse.keeper.client import Client as KeeperClient
from gatehouse.keeper.local import shell_authority
from gatehouse.keeper.protocol import Authority, Role
from gatehouse.keeper.service import Service
from gatehouse.server import bus, keeping
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_gate
from gatehouse.server.gates.models import Gate
from gatehouse.server.people.actions import Facts, add_group, add_site, add_zone, hire_person
from gatehouse.server.people.models import Person, Site, SiteType, Zone

SHELL = By.job("test")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class House:
    """One site with a door and a lane, one person, and a browser for every role."""

    home: Path
    site: Site
    zone: Zone
    door: Gate
    lane: Gate
    person: Person
    operators: dict[Role, Operator] = field(default_factory=dict)

    def code_for(self, role: Role) -> str:
        """A one-time code."""
        client = KeeperClient(self.home / "keeper" / "keeper.sock")
        try:
            if role is Role.WORKER:
                who = str(self.person.pk)
                owner = Authority(ticket=self.ticket(Role.OWNER))
                return client.invite(who, role, owner, sites=(str(self.site.pk),), subject=who)
            if role not in self.operators:
                self.operators[role] = add_operator(f"test-{role}", role, by=SHELL, at=now())
            return client.invite(str(self.operators[role].pk), role, self._inviter(role))
        finally:
            client.close()

    def _inviter(self, role: Role) -> Authority:
        return shell_authority(self.home) if role is Role.OWNER else Authority(ticket=self.ticket(Role.OWNER))

    def ticket(self, role: Role) -> str:
        reply = sign_in(self.code_for(role))
        return reply.token  # type: ignore[union-attr]

    def browser(self, role: Role | None = None) -> Browser:
        """A browser that is signed in as `role`, or a stranger's."""
        browser = Browser(headers={"accept": "text/html"})
        if role is not None:
            browser.cookies[COOKIE] = self.ticket(role)
        return browser


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The test database lies in a folder of this run, not in anybody's home."""
    connections["default"].settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.db")


@pytest.fixture(scope="session")
def keeper_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("keeper")
    service = Service(home, SystemClock())
    service.start()
    client = KeeperClient(service.path)
    keeping.configure(client)
    yield home
    keeping.configure(None)
    client.close()
    service.stop()


@pytest.fixture
def house(keeper_home: Path, db: None) -> House:
    bus.clear()
    at = now()
    site = add_site(
        "works", "Northgate Works", SiteType.WORKPLACE, zone="Asia/Shanghai", currency="CNY", by=SHELL, at=at
    )
    zone = add_zone(site, "garage", "Garage", by=SHELL, at=at)
    group = add_group(site, "Staff", by=SHELL, at=at)
    door = access.Gate("front", access.GateKind.DOOR, access.Direction.IN, frozenset({Means.FACE, Means.PASS}))
    exit_lane = access.Gate("exit", access.GateKind.LANE, access.Direction.OUT, frozenset({Means.PLATE}), collects=True)
    person = hire_person(site, Facts(number="S-104", name="Lin Moss"), groups=[group], by=SHELL, at=at)
    return House(
        home=keeper_home,
        site=site,
        zone=zone,
        door=add_gate(site, door, "Front door", by=SHELL, at=at),
        lane=add_gate(site, exit_lane, "Exit lane", zone=zone, by=SHELL, at=at),
        person=person,
    )
