"""Canaries at the doors of the running server: typed where nobody is known, sent in bodies that are refused, and held
in memory by pages that break."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import httpx
from tests.attacks.canaries import Canaries
from tests.backups.house import House
from tests.server.world import World

from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Role

LIFE_SIGNS = ("/healthz", "/metrics", "/status.json", "/server-status")  # what monitoring asks for


class Doors:
    """`answers` of the canaries gets every refusal; a page that repeats to whoever typed it what they typed is none."""

    def __init__(self, house: House, world: World, made: Canaries) -> None:
        self.house, self.world, self.made = house, world, made
        self.clerk = self._signed_in()

    def knock(self) -> None:
        self._search()
        self._sign_in()
        self._guess_a_plate()
        self._send_what_is_refused()
        self._break_pages()
        stranger = self.house.stranger()
        for path in LIFE_SIGNS:
            self._keep(path, stranger.get(path))

    def _search(self) -> None:
        found = self._post(self.clerk, "/people/", "/people/", q=self.made.word("typed: search"))
        assert found.status_code == 200, found.text

    def _sign_in(self) -> None:
        """By a code, a code in the address, and handle, password and app's code."""
        stranger, where = self.house.stranger(), "typed: sign-in"
        stranger.get(f"/enter/{self.made.word(where)}")
        self._refused(where, 403, self._post(stranger, "/enter/", "/enter/", code=self.made.word(where)))
        typed = {name: self.made.word(where) for name in ("handle", "password", "app")}
        answer = self._post(stranger, "/enter/", "/enter/password/", **typed)
        self._refused(f"{where} by password", 403, answer)

    def _guess_a_plate(self) -> None:
        page = f"/pay/{self.world.garage.pay_code}/"
        answer = self._post(self.house.stranger(), page, f"{page}find", plate=self.made.plate("typed: plate"))
        assert answer.status_code in (200, 404, 422), answer.text

    def _send_what_is_refused(self) -> None:
        made, program, stranger = self.made, self.house.program(Role.HR), self.house.stranger()
        people, where = f"/api/sites/{self.world.site.pk}/people", "typed: a body that is refused"
        body = {"number": made.word(where), "name": made.name(where), made.word(where): made.word(where)}
        self._refused(where, 422, program.post(people, json=body))
        self._refused(f"{where}, no JSON", 415, program.post(people, content=made.word(where)))
        self._refused(f"{where}, no ticket", 401, stranger.post(people, json={"name": made.name(where)}))
        ticket = {"Authorization": f"Bearer {made.word(where)}"}
        self._refused(f"{where}, false ticket", 401, stranger.get(people, headers=ticket))
        letter = stranger.post("/edge/letters", content=made.word(where), headers={"Authorization": made.word(where)})
        self._refused(f"{where}, no letter", 401, letter)
        where = "typed: an address that is none"
        self._refused(where, 404, stranger.get("/nowhere/", params={"plate": made.plate(where)}))
        stranger.get(f"/{made.word(where)}/")  # its page knows its own path, for the form of languages

    def _break_pages(self) -> None:
        """A table is gone while a search, a form and a program's body are in memory."""
        made, program, where = self.made, self.house.program(Role.HR), "typed: a page that breaks"
        body = {"number": made.word(where), "name": made.name(where), "contact": {"phone": made.word(where)}}
        with self._without("people_person"):
            self._refused(where, 500, self.clerk.get("/people/", params={"q": made.word(where)}))
            answer = program.post(f"/api/sites/{self.world.site.pk}/people", json=body)
            self._refused(f"{where}, of a program", 503, answer)

    # --- asking ---------------------------------------------------------------------------------------------------

    def _signed_in(self) -> httpx.Client:
        clerk = self.house.stranger()
        code = invite_operator(self.house.home, str(uuid4()), Role.HR)
        entered = self._post(clerk, f"/enter/{code}", "/enter/", code=code)
        assert entered.status_code == 302, entered.text
        return clerk

    def _post(self, client: httpx.Client, page: str, to: str, **typed: str) -> httpx.Response:
        """Fill in the form of a page, as a browser does."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page).text)
        assert token, page
        return client.post(to, data={"csrfmiddlewaretoken": token[1], **typed})

    def _refused(self, where: str, status: int, answer: httpx.Response) -> None:
        assert answer.status_code == status, (where, answer.status_code, answer.text)
        self._keep(where, answer)

    def _keep(self, where: str, answer: httpx.Response) -> None:
        self.made.answers[where] = repr(answer.headers.multi_items()).encode() + answer.content

    @contextmanager
    def _without(self, table: str) -> Iterator[None]:
        with closing(sqlite3.connect(self.house.home / "server" / "gatehouse.db", timeout=20)) as database:
            database.execute(f"ALTER TABLE {table} RENAME TO hidden")
            try:
                yield
            finally:
                database.execute(f"ALTER TABLE hidden RENAME TO {table}")
