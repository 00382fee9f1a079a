"""Who has which day token: the people whose access keys exist, and the tokens of the site-days in use."""

import threading
from collections import OrderedDict

from gatehouse.crypto.keyring import person_token, token_key
from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper.store import Store

_DAYS_IN_MEMORY = 8


class People:
    """Token keys of everybody with an access key, and for the site-days last asked for a map token -> person."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._token_keys = dict[str, bytes]()
        self._days = OrderedDict[bytes, dict[bytes, str]]()
        for subject in store.owners(KeyKind.ACCESS):
            self.learn(subject)

    def learn(self, subject: str) -> None:
        """A person got an access key."""
        with self._lock:
            access = self._store.key(KeyRef(KeyKind.ACCESS, subject))
            if access is None:
                return
            made = self._token_keys[subject] = token_key(access)
            for day_key, whose in self._days.items():
                whose[person_token(day_key, made)] = subject

    def drop(self, subject: str) -> None:
        """A person's access key is destroyed: no token of any day leads to them any more."""
        with self._lock:
            gone = self._token_keys.pop(subject, None)
            if gone is not None:
                for day_key, whose in self._days.items():
                    whose.pop(person_token(day_key, gone), None)

    def __len__(self) -> int:
        """How many people are enrolled."""
        return len(self._token_keys)

    def token(self, day_key: bytes, subject: str) -> bytes | None:
        """The person's token of that day; None for somebody without an access key."""
        key = self._token_keys.get(subject)
        return None if key is None else person_token(day_key, key)

    def whose(self, day_key: bytes, tokens: list[bytes]) -> list[str]:
        """The person of each token, "" where nobody here has it."""
        with self._lock:
            whose = self._days.get(day_key)
            if whose is None:
                whose = {person_token(day_key, key): subject for subject, key in self._token_keys.items()}
                self._days[day_key] = whose
                while len(self._days) > _DAYS_IN_MEMORY:
                    self._days.popitem(last=False)
            self._days.move_to_end(day_key)
            return [whose.get(token, "") for token in tokens]

    def forget_day(self, day_key: bytes) -> None:
        """The day's key is destroyed."""
        with self._lock:
            self._days.pop(day_key, None)
