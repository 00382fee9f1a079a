"""A keeper in this process on a home of its own, with a clock that the test moves, and an enrolled edge that writes."""

import time
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from gatehouse import wire
from gatehouse.crypto.letters import seal_letter
from gatehouse.crypto.signing import DeviceKeys, new_device_keys
from gatehouse.keeper import local
from gatehouse.keeper.cells import ref_of
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import LABELS, Authority, Cell, KeyClass, Owner, Plain, Role
from gatehouse.keeper.rules import WRITTEN_HERE
from gatehouse.keeper.service import Service

START = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 09:00 on the site's wall
SITE, EDGE, ZONE = "site-1", "edge-1", "Asia/Shanghai"
TODAY = date(2026, 3, 10)


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    return holds()


@dataclass
class HandClock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Desk:
    """One keeper and whoever works with it."""

    home: Path
    clock: HandClock = field(default_factory=HandClock)
    keys: DeviceKeys = field(default_factory=new_device_keys)
    seq: int = 0
    logged: list[MutableMapping[str, Any]] = field(default_factory=list)

    def start(self) -> None:
        self.service = Service(self.home, self.clock)
        self.service.start()
        self.client = Client(local.socket_path(self.home), timeout_s=10)

    def stop(self) -> None:
        self.client.close()
        self.service.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def sign_in(self, role: Role = Role.OWNER, *, actor: str = "", sites: tuple[str, ...] = ()) -> Authority:
        code = local.invite_operator(self.home, actor or f"operator-{role}", role, sites)
        return Authority(ticket=self.client.sign_in(code).token)

    def worker(self, subject: str) -> Authority:
        code = self.client.invite(subject, Role.WORKER, self.sign_in(), subject=subject)
        return Authority(ticket=self.client.sign_in(code).token)

    def enrol(self) -> None:
        local.enrol_edge(self.home, EDGE, SITE, ZONE, self.keys.public())

    def sealed(self, label: str, owner: str, text: str | bytes, row: str = "") -> Cell:
        """A cell as the database would hold it; its row is the owner's id unless said."""
        data = text.encode() if isinstance(text, str) else text
        if label in WRITTEN_HERE:
            return self.written(Plain(label, Owner(owner), row or owner, data))
        year = 2026 if LABELS[label].key is KeyClass.BOOKS else None
        (cell,) = self.client.seal([Plain(label, Owner(owner, year=year), row or owner, data)])
        return Cell(label, row or owner, cell)

    def written(self, plain: Plain) -> Cell:
        """A cell of those that only the keeper itself makes, as it would."""
        vault, ref = self.service.vault, ref_of(LABELS[plain.label], plain.owner)
        assert ref is not None
        vault.store.make_keys([ref])
        return Cell(plain.label, plain.row, vault.cells.seal(plain, ref) or b"")

    def person(self, name: str = "Ann Example") -> tuple[str, Cell]:
        subject = str(uuid4())
        return subject, self.sealed("person.name/1", subject, name)

    def people(self, count: int, label: str = "person.name/1") -> list[Cell]:
        ids = [str(uuid4()) for _ in range(count)]
        plains = [Plain(label, Owner(one), one, b"Somebody") for one in ids]
        return [Cell(label, one, cell) for one, cell in zip(ids, self.client.seal(plains), strict=True)]

    def letter(self, body: wire.Body, keys: DeviceKeys | None = None, edge: str = EDGE) -> wire.Letter:
        self.seq += 1
        sealed, signature = seal_letter(
            wire.encode(body),
            info=wire.LETTER_INFO,
            aad=wire.letter_aad(edge, self.seq),
            context=wire.LETTER_SIGNATURE,
            seal_key=self.client.hello().seal_key,
            sign_key=(keys or self.keys).sign_key,
        )
        return wire.Letter(edge=edge, seq=self.seq, body=sealed, signature=signature)

    def passage(self, **facts: object) -> wire.Passage:
        given = {
            "id": str(uuid4()),
            "attempt": str(uuid4()),
            "gate": "gate-1",
            "at": self.clock.now(),
            "direction": "in",
            "means": "face",
            "reason": "rule",
            "sensed": True,
        }
        return wire.Passage(**(given | facts))  # type: ignore[arg-type]

    def attempt(self, **facts: object) -> wire.Attempt:
        given = {
            "id": str(uuid4()),
            "gate": "gate-1",
            "at": self.clock.now(),
            "seen_at": self.clock.now(),
            "direction": "in",
            "means": "face",
            "granted": False,
            "reason": "unknown_face",
        }
        return wire.Attempt(**(given | facts))  # type: ignore[arg-type]

    def forget(self, subject: str, *classes: KeyClass) -> None:
        self.client.forget(subject, classes, self.sign_in())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    with capture_logs() as made.logged:
        made.start()
        made.enrol()
        yield made
        made.stop()


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], str]:
    from gatehouse.keeper.client import KeeperRefused

    def code_of(act: Callable[[], object]) -> str:
        with pytest.raises(KeeperRefused) as caught:
            act()
        return caught.value.code

    return code_of
