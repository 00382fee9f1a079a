"""A small installation with processes of its own: people, an edge that tells of passages, a recovery key on paper."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from tests.server.world import EdgeSim

from gatehouse import wire
from gatehouse.box import key_care
from gatehouse.box.processes import Box, free_port
from gatehouse.clock import VARIABLE, ShiftedClock
from gatehouse.crypto.agefile import Identity
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import invite_operator, socket_path
from gatehouse.keeper.protocol import Authority, Cell, KeyClass, Role

ZONE = "Asia/Shanghai"


class House:
    """`home` with a keeper and a server that run. A database of its own, or PostgreSQL's at `url`."""

    def __init__(self, home: Path, clock: ShiftedClock, url: str = "") -> None:
        self.home, self.clock = home, clock
        self.environment = {VARIABLE: str(clock.file), "DATABASE_URL": url}
        self.box = Box(home, free_port(), environment=self.environment)
        self.paper: Identity | None = None
        self._clients: list[httpx.Client] = []

    def start(self) -> "House":
        self.box.start_keeper()
        self.box.start_server()
        return self

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.box.stop()

    def restored(self, into: Path, url: str = "") -> "House":
        """The installation that a restore has made, not started yet."""
        other = House(into, self.clock, url)
        other.site, other.sim, other.paper = self.site, self.sim, self.paper
        return other

    # --- what there is --------------------------------------------------------------------------------------------

    def furnish(self) -> "House":
        """A site with an edge, two gates and a recovery key."""
        self.paper = key_care.new_recovery_key(self.home, replace=False)
        key_care.keep(self.home, self.paper)
        owner = self.program(Role.OWNER)
        made = owner.post("/api/sites", json={"code": "hq", "name": "Head office", "type": "workplace", "zone": ZONE,
                                              "currency": "CNY"})  # fmt: skip
        assert made.status_code == 201, made.text
        self.site: str = made.json()["id"]
        with closing(self.keeper()) as keeper:
            self.sim = EdgeSim(f"edge-{uuid.uuid4().hex[:8]}", keeper.hello().seal_key)
        keys = self.sim.keys.public()
        body = {"edge": self.sim.id, "sign_key": base64.b64encode(keys.sign_key).decode(),
                "seal_key": base64.b64encode(keys.seal_key).decode()}  # fmt: skip
        added = owner.post(f"/api/sites/{self.site}/edges", json=body)
        assert added.status_code == 201, added.text
        return self

    def hire(self, name: str, number: str) -> str:
        made = self.program(Role.HR).post(f"/api/sites/{self.site}/people", json={"name": name, "number": number})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def name_of(self, person: str) -> str | None:
        """The name as HR is shown it, through the keeper's checks; None where its key is gone."""
        ((cell,),) = self.rows("SELECT name_cell FROM people_person WHERE id = ?", uuid.UUID(person).hex)
        return self.name_in(bytes(cell), person)

    def name_in(self, cell: bytes, person: str) -> str | None:
        with closing(self.keeper()) as keeper:
            hr = Authority(ticket=keeper.sign_in(invite_operator(self.home, str(uuid.uuid4()), Role.HR)).token)
            (name,) = keeper.reveal([Cell("person.name/1", person, cell)], hr, "person.page")
        return None if name is None else name.decode()

    def erase(self, person: str) -> None:
        with closing(self.keeper()) as keeper:
            by = Authority(ticket=keeper.sign_in(invite_operator(self.home, str(uuid.uuid4()), Role.OWNER)).token)
            keeper.forget(person, [KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK], by)

    def tell(self, *facts: wire.Body) -> int:
        """The edge sends letters; through which the server then holds them."""
        body = wire.encode([self.sim.letter(fact) for fact in facts])
        proof = self.sim.sign(self.clock.now(), "POST", "/edge/letters", body)
        answer = self.stranger().post("/edge/letters", content=body, headers={"Authorization": proof})
        assert answer.status_code == 200, answer.text
        return wire.decode_receipt(answer.content).through

    def passage(self, **facts: Any) -> wire.Passage:
        at = self.clock.now()
        given = {"gate": "door", "direction": "in", "means": "face", "reason": "rule", "sensed": True}
        return wire.Passage(**({"id": wire.new_id(at), "attempt": wire.new_id(at), "at": at} | given | facts))

    # --- who asks -------------------------------------------------------------------------------------------------

    def program(self, role: Role) -> httpx.Client:
        client = self.stranger()
        answer = client.post("/api/sign-in", json={"code": invite_operator(self.home, str(uuid.uuid4()), role)})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    def stranger(self) -> httpx.Client:
        self._clients.append(httpx.Client(base_url=f"http://127.0.0.1:{self.box.port}", timeout=30))
        return self._clients[-1]

    def keeper(self) -> Client:
        return Client(socket_path(self.home), timeout_s=30)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "server" / "gatehouse.db", timeout=20)) as database:
            return database.execute(query, values).fetchall()

    def today(self) -> date:
        return self.clock.now().date()

    # --- the command ----------------------------------------------------------------------------------------------

    def command(self, *words: str, stdin: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gatehouse", *words, "--home", str(home or self.home)],
            capture_output=True, text=True, timeout=120, input=stdin, env=os.environ | self.environment,
        )  # fmt: skip

    def back_up(self) -> dict[str, Any]:
        """By the command; the nightly one may be at it."""
        for _ in range(20):
            done = self.command("backup", "--json")
            if "another backup is being written" not in " ".join(done.stderr.split()):
                break
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def restore(self, into: Path, *words: str, source: Path | None = None) -> subprocess.CompletedProcess[str]:
        assert self.paper is not None
        where = source or self.home / "backups"
        return self.command("restore", "--json", "--from", str(where), "--key-file", "-", *words,
                            stdin=self.paper.secret, home=into)  # fmt: skip
