"""One installation with four garages, its keeper and its server as processes of their own, set up through the API as an
owner would; and their power, which can be cut."""

import base64
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.garage_day import plan

from gatehouse.box.local_api import LocalApi
from gatehouse.box.processes import Box, StartFailed, free_port
from gatehouse.clock import VARIABLE, ShiftedClock
from gatehouse.edge import config as edge_config
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import socket_path

ENTRIES, EXITS = ("in-1", "in-2"), ("out-1", "out-2", "out-3")


@dataclass(slots=True)
class Garage:
    """What is known of one garage after it was set up."""

    number: int
    site: str
    id: str
    pay_code: str
    gates: dict[str, str]  # id by code
    home: Path  # of its edge


@dataclass
class Town:
    home: Path
    garages: list[Garage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ShiftedClock(self.home / "clock")
        environment = {VARIABLE: str(self.clock.file), "GATEHOUSE_TEST_PROVIDER": "1"}
        self.box = Box(self.home / "box", free_port(), environment=environment)
        self.box.home.mkdir()
        self._api = LocalApi(self.box.home, self.box.port)
        self.cuts = 0
        self._cutting: threading.Timer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.box.port}"

    def start(self) -> None:
        """Whatever does not run is started; returns when it answers."""
        if self._cutting is not None:
            self._cutting.join()
        if not self.box.keeper.alive:
            self.box.start_keeper()
        if not self.box.server.alive:
            self.box.start_server()

    def stop(self) -> None:
        if self._cutting is not None:
            self._cutting.join()
        with self._api:
            pass  # signs out and lets go of its connections
        self.box.stop()

    def runs(self) -> bool:
        return self.box.keeper.alive and self.box.server.alive

    def cut(self, names: tuple[str, ...], after_s: float) -> None:
        """SIGKILL in a moment, in the midst of whatever goes on then."""
        if self._cutting is not None:
            self._cutting.join()
        victims = [getattr(self.box, name) for name in names]

        def kill() -> None:
            for victim in victims:
                victim.kill()

        self.cuts += 1
        self._cutting = threading.Timer(after_s, kill)
        self._cutting.start()

    # --- set up ---

    def set_up(self, day: plan.Day) -> None:
        for number, tariff in enumerate(plan.TARIFFS):
            self.garages.append(self._garage(number, tariff))
        for number, plate in day.permits:
            garage = self.garages[number]
            vehicle = self._api.post(f"sites/{garage.site}/vehicles", plate=plate)["id"]
            starts = day.start.date().isoformat()
            self._api.post(f"vehicles/{vehicle}/permits", garage=garage.id, starts=starts)

    def _garage(self, number: int, tariff: dict[str, object]) -> Garage:
        api, code = self._api, f"town-{number}"
        facts = {"name": f"Quarter {number}", "type": "garage", "zone": plan.ZONE, "currency": plan.CURRENCY}
        site = api.post("sites", code=code, **facts)["id"]
        zone = api.post(f"sites/{site}/zones", code="garage", name="Garage")["id"]
        gates = {}
        for gate in (*ENTRIES, *EXITS):
            way: dict[str, Any] = (
                {"direction": "in", "admits_unknown": True}
                if gate in ENTRIES
                else {"direction": "out", "collects": True}
            )
            made = api.post(
                f"sites/{site}/gates",
                code=gate,
                name=gate,
                kind="lane",
                means=["plate"],
                zone=zone,
                has_sensor=True,
                **way,
            )
            gates[gate] = made["id"]
        posted = api.post(f"sites/{site}/tariffs", code="posted", versions=tariff)["id"]
        garage = api.post(
            f"sites/{site}/garages", code="main", name="Main", zone=zone, tariff=posted, leave_min=plan.LEAVE_MIN
        )
        home = self.home / f"edge-{number}"
        self._enrol(home, code, site)
        return Garage(number, site, garage["id"], garage["pay_code"], gates, home)

    def _enrol(self, home: Path, edge: str, site: str) -> None:
        with closing(self.keeper()) as keeper:
            hello = keeper.hello()
        home.mkdir()
        public = edge_config.init(
            home,
            self.url,
            edge=edge,
            site=site,
            keeper_seal_key=hello.seal_key,
            keeper_verify_key=hello.verify_key,
        )
        keys = {"sign_key": _text(public.sign_key), "seal_key": _text(public.seal_key)}
        self._api.post(f"sites/{site}/edges", edge=edge, **keys)

    def keeper(self) -> Client:
        return Client(socket_path(self.box.home))

    # --- what an auditor reads ---

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        path = self.box.home / "server" / "gatehouse.db"
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
            return database.execute(query, values).fetchall()


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


__all__ = ["ENTRIES", "EXITS", "Garage", "StartFailed", "Town"]
