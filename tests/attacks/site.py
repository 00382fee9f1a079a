"""A site under attack: a copy of what the demo left, its keeper and server running again, and nobody at its gates."""

import re
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from tests.server.world import EdgeSim

from gatehouse import wire
from gatehouse.box.processes import Box, free_port
from gatehouse.clock import VARIABLE, ShiftedClock
from gatehouse.crypto.keyring import TOKEN_BYTES
from gatehouse.drill import loot
from gatehouse.edge import config as edge_config
from gatehouse.keeper.client import Client, KeeperRefused
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.local import invite_operator, socket_path
from gatehouse.keeper.protocol import Authority, Cell, Role
from gatehouse.server.accounts.signed_in import COOKIE

COUNTED = (
    "gates_attempt", "gates_passage", "gates_quarantine", "gates_gatealarm", "attendance_punch", "parking_openstay",
    "parking_closedstay", "parking_payment", "people_person", "people_credential", "gates_opening",
)  # fmt: skip
WITHIN_S = 20.0  # an answer that takes longer counts as none


@dataclass
class Attacked:
    """`home` holds box (keeper and server), gates (the edge's home, not running) and clock."""

    home: Path

    def __post_init__(self) -> None:
        self.clock = ShiftedClock(self.home / "clock")
        environment = {VARIABLE: str(self.clock.file), "GATEHOUSE_TEST_PROVIDER": "1"}
        self.box = Box(self.home / "box", free_port(), environment=environment)
        self._clients: list[httpx.Client] = []
        self._wire = self.stranger()

    def close(self) -> None:
        """End the processes and every connection to them."""
        for client in self._clients:
            client.close()
        self.box.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.box.port}"

    # --- what a thief holds ---------------------------------------------------------------------------------------

    @property
    def database(self) -> Path:
        return self.box.home / "server" / "gatehouse.db"

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=20, isolation_level=None)) as database:
            return database.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any:
        return self.rows(query, *values)[0][0]

    def counts(self) -> dict[str, int]:
        """How many rows there are of what an attack could write."""
        return {table: self.one(f"SELECT COUNT(*) FROM {table}") for table in COUNTED}

    @cached_property
    def site_id(self) -> str:
        return str(uuid.UUID(self.one("SELECT id FROM people_site WHERE code = 'demo'")))

    def ids(self, table: str) -> list[str]:
        """Of somebody: whoever tries a honey record's is locked out, which has tests of its own."""
        found = [str(uuid.UUID(row[0])) for row in self.rows(f"SELECT id FROM {table} ORDER BY id")]
        return [one for one in found if one not in self.honeys]

    @cached_property
    def honeys(self) -> frozenset[str]:
        """What no thief knows: only the keeper and the server's memory do."""
        with Inspector(self.box.home) as inspector:
            return inspector.honeys()

    @cached_property
    def pay_page(self) -> str:
        return f"/pay/{self.one('SELECT pay_code FROM parking_garage')}/"

    def cells(self) -> list[Cell]:
        """Every sealed cell of the database with the label and row under which it opens; none of a honey record."""
        found: list[Cell] = []
        with Inspector(self.box.home) as inspector:
            for _, _, values in loot.rows(self.database):
                blobs = [value for value in values if isinstance(value, bytes)]
                tokens: list[bytes | None] = [None, *(blob for blob in blobs if len(blob) == TOKEN_BYTES)]
                names = [name for blob in blobs if len(blob) <= 36 for name in _names(blob)]
                for blob in filter(inspector.is_cell, blobs):
                    for token in tokens:
                        opened = inspector.try_open(blob, names, token=token)
                        if opened is not None and opened.owner in self.honeys:
                            break
                        if opened is not None:
                            found.append(Cell(opened.label, opened.row, blob, token))
                            break
        return found

    def day(self) -> date:
        """The first day of the story, on which people and cars passed."""
        return date.fromisoformat(self.one("SELECT MIN(date) FROM attendance_plannedshift"))

    # --- who asks -------------------------------------------------------------------------------------------------

    def sign_in(self, role: Role, sites: tuple[str, ...] = ()) -> Authority:
        """An operator whom the keeper let in."""
        code = invite_operator(self.box.home, str(uuid.uuid4()), role, sites)
        with closing(self.keeper()) as keeper:
            return Authority(ticket=keeper.sign_in(code).token)

    def program(self, role: Role, sites: tuple[str, ...] = ()) -> httpx.Client:
        """The same over the API: the server makes the operator's row when they first come."""
        code = invite_operator(self.box.home, str(uuid.uuid4()), role, sites)
        client = self.stranger()
        answer = client.post("/api/sign-in", json={"code": code})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    def browser(self, role: Role) -> httpx.Client:
        """Somebody who opened a one-time link and pressed the button."""
        client = self.stranger()
        assert self.enter(client, invite_operator(self.box.home, str(uuid.uuid4()), role)).status_code == 302
        assert client.cookies[COOKIE]
        return client

    def enter(self, client: httpx.Client, code: str) -> httpx.Response:
        """Open the link, press the button."""
        return client.post("/enter/", data={**self.csrf(client, f"/enter/{code}"), "code": code})

    def csrf(self, client: httpx.Client, page: str) -> dict[str, str]:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page).text)
        assert found, page
        return {"csrfmiddlewaretoken": found[1]}

    def stranger(self) -> httpx.Client:
        """Somebody whom nobody knows; connections are kept until `close`."""
        self._clients.append(httpx.Client(base_url=self.url, timeout=WITHIN_S, follow_redirects=False))
        return self._clients[-1]

    def keeper(self) -> Client:
        """The keeper's socket, as a web process holds it."""
        return Client(socket_path(self.box.home), timeout_s=WITHIN_S)

    # --- letters --------------------------------------------------------------------------------------------------

    def edge(self) -> EdgeSim:
        """The demo's edge with its real device key, ready to write its next letter."""
        settings, keys = edge_config.load(self.home / "gates")
        sim = EdgeSim(settings.edge, settings.keeper_seal_key)
        sim.keys, sim.seq = keys, self.last_seq(settings.edge)
        return sim

    def last_seq(self, edge: str = "riverside") -> int:
        return int(self.one("SELECT last_seq FROM gates_edge WHERE id = ?", edge))

    def send(self, sim: EdgeSim, letters: Sequence[wire.Letter]) -> httpx.Response:
        """Post these letters as this edge signs the request."""
        body = wire.encode(list(letters))
        return self.post(body, sim.sign(self.clock.now(), "POST", "/edge/letters", body))

    def post(self, body: bytes, authorization: str) -> httpx.Response:
        return self._wire.post("/edge/letters", content=body, headers={"Authorization": authorization})

    def attempt(self, gate: str = "office", **facts: Any) -> wire.Attempt:
        at = self.clock.now()
        given = {"direction": "in", "means": "face", "granted": False, "reason": "unknown_face"}
        return wire.Attempt(**({"id": wire.new_id(at), "gate": gate, "at": at, "seen_at": at} | given | facts))

    def passage(self, gate: str, **facts: Any) -> wire.Passage:
        at = self.clock.now()
        given = {"direction": "in", "means": "plate", "reason": "visitor", "sensed": True}
        return wire.Passage(
            **({"id": wire.new_id(at), "attempt": wire.new_id(at), "gate": gate, "at": at} | given | facts)
        )


def refused(act: Callable[[], object]) -> str:
    """The code with which the keeper refuses, "" when it does as it is asked."""
    try:
        act()
    except KeeperRefused as no:
        return no.code
    return ""


def _names(blob: bytes) -> list[str]:
    """A row's id as its cells name it: SQLite holds a UUID as 32 hex digits."""
    try:
        text = blob.decode("ascii")
        return [text, str(uuid.UUID(text))]
    except UnicodeDecodeError:
        return []
    except ValueError:
        return [text]
