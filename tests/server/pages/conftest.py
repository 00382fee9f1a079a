"""Browsers for every role, in front of the world of the server's tests."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from django.test import Client as Browser
from tests.server.world import World

from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Authority, Entered, Role
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person

SETUP = By.job("setup")


@dataclass
class House:
    """The world with one person in it, and a browser for everybody."""

    world: World
    person: Person
    operators: dict[Role, Operator] = field(default_factory=dict)
    tickets: dict[Role, str] = field(default_factory=dict)
    contractor: UUID = field(default_factory=uuid4)  # whose people somebody of that role sees; a test may name another

    def code(self, role: Role) -> str:
        """A one-time code for somebody of this role; for a worker, the person of the house."""
        if role is Role.WORKER:
            who, site = str(self.person.pk), str(self.world.site.pk)
            return self.world.keeper.invite(who, role, self._owner(), sites=(site,), subject=who)
        if role not in self.operators:
            contractor = self.contractor if role is Role.CONTRACTOR else None
            self.operators[role] = add_operator(
                f"test-{role}", role, contractor=contractor, by=SETUP, at=self.world.now()
            )
        if role is Role.CONTRACTOR:
            who, site, of = str(self.operators[role].pk), str(self.world.site.pk), str(self.contractor)
            return self.world.keeper.invite(who, role, self._owner(), sites=(site,), subject=of)
        operator = str(self.operators[role].pk)
        if role is Role.OWNER:
            return invite_operator(self.world.home, operator, role)
        return self.world.keeper.invite(operator, role, self._owner())

    def _owner(self) -> Authority:
        return Authority(ticket=self.ticket(Role.OWNER))

    def ticket(self, role: Role) -> str:
        if role not in self.tickets:
            entered = sign_in(self.code(role))
            assert isinstance(entered, Entered), entered
            self.tickets[role] = entered.token
        return self.tickets[role]

    def browser(self, role: Role | None = None) -> Browser:
        """A browser that is signed in as `role`, or a stranger's."""
        browser = Browser(headers={"accept": "text/html"})
        if role is not None:
            browser.cookies[COOKIE] = self.ticket(role)
        return browser


@pytest.fixture
def house(world: World) -> House:
    return House(world, world.hire("S-104", "Lin Moss"))
