"""Canaries: words, names, numbers and plates that exist nowhere else, each with where it was planted."""

import secrets
from dataclasses import dataclass, field
from string import ascii_lowercase, digits

from gatehouse.drill.needles import Needle


@dataclass
class Canaries:
    """What was planted: each with the label of its cell, or with the door at which it was typed ("typed: search").
    `answers` are what the doors said, page or refusal, which repeats nothing of it."""

    planted: list[tuple[str, Needle]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)

    def add(self, where: str, kind: str, value: str | bytes) -> None:
        self.planted.append((where, Needle(kind, value)))

    def word(self, where: str, form: str = "{}") -> str:
        """A word that no language has; `form` is what is written around it. The word alone gives it away."""
        text = _letters(14)
        self.add(where, "contacts", text)
        return form.format(text)

    def name(self, where: str) -> str:
        """Two words, either of which gives it away."""
        text = f"{_letters(9)} {_letters(9)}".title()
        self.add(where, "names", text)
        return text

    def number(self, where: str, length: int = 11) -> int:
        """Of so many digits, the first no zero."""
        text = secrets.choice(digits[1:]) + "".join(secrets.choice(digits) for _ in range(length - 1))
        self.add(where, "contacts", text)
        return int(text)

    def plate(self, *where: str) -> str:
        """One of the mainland's form; the same in every label that holds it."""
        text = "京" + secrets.choice("ABCEFGHJK") + "".join(secrets.choice(digits) for _ in range(5))
        for one in where:
            self.add(one, "plates", text)
        return text

    def iban(self, where: str) -> str:
        """With check digits that fit (ISO 13616)."""
        account = str(secrets.randbelow(9 * 10**17) + 10**17)
        text = f"DE{98 - int(account + '131400') % 97:02d}{account}"
        self.add(where, "contacts", text)
        return text


def _letters(count: int) -> str:
    return "".join(secrets.choice(ascii_lowercase) for _ in range(count))
