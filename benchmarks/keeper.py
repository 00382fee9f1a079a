"""What the keeper costs beside the bare cryptography: seals, letters admitted and looks over the real socket, against
the same calls of the library in the same run. Prints the machine, the versions, rates and ratios.

    .venv/bin/python benchmarks/keeper.py [--seconds 2]
"""

import argparse
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import cryptography
from _keeper import running_keeper
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from gatehouse import wire
from gatehouse.crypto.letters import seal_letter
from gatehouse.crypto.signing import new_device_keys
from gatehouse.keeper import local
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import Authority, Cell, Owner, Plain

BATCH, CLIENTS, PEOPLE = 200, 8, 400


def rate(seconds: float, act: Callable[[], int]) -> float:
    """Items a second of `act`, which says how many it did."""
    act()
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        done += act()
    return done / spent


def rate_of_clients(seconds: float, make: Callable[[], Callable[[], int]]) -> float:
    """Items a second of CLIENTS threads together."""
    rates: list[float] = []
    threads = [threading.Thread(target=lambda: rates.append(rate(seconds, make()))) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def bare(seconds: float) -> dict[str, float]:
    """The library alone: a padded 128-byte cell with its own key, and what one letter costs at least."""
    key, text, nonce = os.urandom(32), os.urandom(128), os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, text, b"aad")
    device, recipient = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    body = suite.encrypt(os.urandom(200), recipient.public_key(), b"info")
    signature, public = device.sign(body), device.public_key()

    def seal() -> int:
        for _ in range(BATCH):
            AESGCM(key).encrypt(nonce, text, b"aad")
        return BATCH

    def reveal() -> int:
        for _ in range(BATCH):
            AESGCM(key).decrypt(nonce, sealed, b"aad")
        return BATCH

    def admit() -> int:
        for _ in range(BATCH):
            public.verify(signature, body)
            suite.decrypt(body, recipient, b"info")
            AESGCM(key).encrypt(nonce, text, b"aad")
        return BATCH

    return {"seal": rate(seconds, seal), "reveal": rate(seconds, reveal), "admit": rate(seconds, admit)}


def letters_of(client: Client, home: Path, plates: bool) -> list[wire.Letter]:
    keys, made = new_device_keys(), []
    edge = f"edge-{plates}"
    local.enrol_edge(home, edge, "site-1", "UTC", keys.public())
    public = client.hello().seal_key
    for seq in range(BATCH):
        facts = {"plate": f"TEST{seq:04}"} if plates else {"subject": f"person-{seq}"}
        body = wire.Passage(
            id=str(uuid4()), attempt=str(uuid4()), gate="gate-1", at=datetime.now(UTC), direction="in", means="face",
            reason="rule", sensed=True, **facts,
        )  # fmt: skip
        sealed, signature = seal_letter(
            wire.encode(body), info=wire.LETTER_INFO, aad=wire.letter_aad(edge, seq), context=wire.LETTER_SIGNATURE,
            seal_key=public, sign_key=keys.sign_key,
        )  # fmt: skip
        made.append(wire.Letter(edge=edge, seq=seq, body=sealed, signature=signature))
    return made


def keeper(seconds: float, home: Path, client: Client) -> dict[str, float]:
    plains = [Plain("person.name/1", Owner(f"person-{n}"), f"person-{n}", b"Ann Example") for n in range(PEOPLE)]
    cells = [Cell(p.label, p.row, c) for p, c in zip(plains, client.seal(plains), strict=True)]
    by = Authority(ticket=client.sign_in(local.invite_operator(home, "owner-1")).token)
    people, cars = letters_of(client, home, plates=False), letters_of(client, home, plates=True)

    def one_look() -> int:
        return len(client.reveal(cells[:1], by, "benchmark"))

    return {
        "seal": rate(seconds, lambda: len(client.seal(plains[:BATCH]))),
        "reveal": rate(seconds, lambda: len(client.reveal(cells[:BATCH], by, "benchmark"))),
        "admit": rate(seconds, lambda: len(client.admit(people, {}))),
        "admit, cars": rate(seconds, lambda: len(client.admit(cars, {}))),
        "reveal one by one": rate(seconds, one_look),
        f"reveal one by one, {CLIENTS} clients": rate_of_clients(seconds, lambda: one_look),
        "hello (the socket alone)": rate(seconds, lambda: len([client.hello()])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each measurement")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with running_keeper(home) as client:
            alone, asked = bare(seconds), keeper(seconds, home, client)
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {platform.python_version()}, cryptography {cryptography.__version__}")
    print(f"batches of {BATCH}; every look is synced to disk before its answer\n")
    for name, found in asked.items():
        base = alone.get(name.split(",")[0])
        ratio = "" if base is None else f"   {found / base:6.1%} of the bare calls' {base:,.0f}/s"
        print(f"{name:34} {found:10,.0f}/s{ratio}")


if __name__ == "__main__":
    main()
