"""Twenty records of nobody, among everybody's: no page lists them and no job counts them, so whoever looks at one
reads a
stolen copy. Which they are, only the keeper knows; in the database they look like anybody who has left.

Looking at one ends the account's tickets and codes and keeps it out until somebody else lets it in anew, and is told to
whoever watches. Nothing of a honey record ever leaves.
"""

import secrets
import threading
from collections.abc import Iterable
from datetime import date, timedelta
from uuid import uuid4

import msgspec

from gatehouse.crypto.keyring import pseudonym
from gatehouse.domain.plates import normalise
from gatehouse.keeper.store import Store

PEOPLE, VEHICLES = 16, 4
_GIVEN = (
    "Ada",
    "Bo",
    "Cara",
    "Dai",
    "Elin",
    "Fan",
    "Gus",
    "Hana",
    "Ivo",
    "Juno",
    "Kai",
    "Lena",
    "Min",
    "Nils",
    "Oda",
    "Ping",
)
_FAMILY = (
    "Ahn",
    "Berg",
    "Chen",
    "Dorn",
    "Ek",
    "Feng",
    "Gao",
    "Holm",
    "Ito",
    "Jung",
    "Kern",
    "Lund",
    "Mori",
    "Nagel",
    "Ott",
    "Pan",
)
_PROVINCES, _LETTERS = "京沪粤苏浙鲁川鄂", "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Honeys:
    """The ids, in the store and in memory; what their cells say is made from each id anew."""

    def __init__(self, store: Store) -> None:
        self._store, self._key = store, store.own_key("honeys")
        self._lock = threading.Lock()
        self._known = {row[0]: row for row in store.rows("SELECT subject, kind, site FROM honeys")}
        self._plates = {normalise(self.plate(one)) for one, kind, _ in self._known.values() if kind == "vehicle"}

    def __contains__(self, subject: object) -> bool:
        return subject in self._known

    def among(self, subjects: Iterable[str]) -> set[str]:
        return self._known.keys() & set(subjects)

    def is_plate(self, plate: str) -> bool:
        return normalise(plate) in self._plates

    def all(self) -> list[tuple[str, str, str]]:
        """(id, person or vehicle, site)."""
        return sorted(self._known.values())

    def lay(self, sites: list[str]) -> None:
        """So many that there are twenty, spread over these sites."""
        with self._lock:
            for kind, wanted in (("person", PEOPLE), ("vehicle", VEHICLES)):
                there = sum(one[1] == kind for one in self._known.values())
                for _ in range(wanted - there):
                    row = (str(uuid4()), kind, secrets.choice(sites))
                    self._store.write("INSERT INTO honeys VALUES (?, ?, ?)", row)  # before its keys: never a key alone
                    self._known[row[0]] = row
                    if kind == "vehicle":
                        self._plates.add(normalise(self.plate(row[0])))

    # --- what their cells say ---

    def texts(self, subject: str, today: date) -> dict[str, bytes]:
        """Label and plaintext of each of its cells, as anybody's would be: padded alike, so sealed alike."""
        kind = self._known[subject][1]
        if kind == "vehicle":
            return {"vehicle.plate/1": self.plate(subject).encode()}
        dice = self._dice(subject)
        name = f"{_GIVEN[dice[0] % 16]} {_FAMILY[dice[1] % 16]}"
        initials = "".join(word[0] for word in name.split())
        number, phone = int.from_bytes(dice[2:4], "big") % 9000 + 1000, int.from_bytes(dice[4:8], "big") % 10**8
        left = today - timedelta(days=30 + dice[8])
        file = {"department": "", "manager": "", "post": "", "hired": None, "left": left.isoformat(), "starts": None}
        return {
            "person.brief/1": f"{number} {initials}".encode(),
            "person.name/1": name.encode(),
            "person.contact/1": msgspec.json.encode({"phone": f"139{phone:08d}", "mail": "", "address": ""}),
            "person.identity/1": msgspec.json.encode({"number": "", "tax_number": ""}),
            "person.bank/1": msgspec.json.encode({"account": "", "holder": "", "bank": ""}),
            "person.file/1": msgspec.json.encode(file | {"ends": left.isoformat()}),
        }

    def plate(self, subject: str) -> str:
        dice = self._dice(subject)
        digits = int.from_bytes(dice[2:6], "big") % 100_000
        return f"{_PROVINCES[dice[0] % 8]}{_LETTERS[dice[1] % len(_LETTERS)]}{digits:05d}"

    def _dice(self, subject: str) -> bytes:
        return pseudonym(self._key, subject)
