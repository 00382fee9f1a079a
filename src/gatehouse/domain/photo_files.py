"""Names of files in a handed-over ZIP: which are not to be trusted, which are noise, and whose photo is which.

Pure. No name here ever becomes a path on a disk; a name that tries to leave its folder is refused all the same, since
no honest program writes one.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_FILES = 10_000
MOST_NAME = 255  # characters
MOST_PHOTO = 12 * 2**20  # bytes of one picture
MOST_TABLE = 12 * 2**20
MOST_BUNDLE = 2 * 2**30  # bytes that are handed over
MOST_UNPACKED = 4 * 2**30

_TABLES = (".csv", ".tsv", ".txt", ".xlsx")
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".jar")
_NOISE = frozenset({"thumbs.db", "desktop.ini"})


class BundleFault(StrEnum):
    """Why nothing is taken out of what was handed over."""

    NOT_A_ZIP = "not_a_zip"
    TOO_MANY = "too_many"
    TOO_BIG = "too_big"  # or unpacks to more than it should
    LOCKED = "locked"  # with a password
    PATH = "path"  # a name that leads out of its folder
    NESTED = "nested"  # an archive in the archive
    NO_TABLE = "no_table"
    TABLES = "tables"  # more than one
    NO_PHOTOS = "no_photos"


class NoBundle(ValueError):
    """`code` says why."""

    def __init__(self, code: BundleFault) -> None:
        super().__init__(code.value)
        self.code = code


def folder_and_name(name: str) -> tuple[str, ...] | None:
    """The parts of a name in a ZIP, folders first; None for one that leads elsewhere: absolute, with a drive, with
    `..`, with a character that ends it early."""
    text = name.replace("\\", "/")
    parts = tuple(part for part in text.split("/") if part not in ("", "."))
    tricky = (
        text.startswith("/")
        or not parts
        or len(text) > MOST_NAME
        or ".." in parts
        or parts[0][1:2] == ":"  # a drive
        or any(unicodedata.category(sign) == "Cc" for sign in text)
    )
    return None if tricky else parts


def is_noise(parts: tuple[str, ...]) -> bool:
    """What systems put into a ZIP by themselves."""
    return parts[-1].startswith(".") or parts[-1].casefold() in _NOISE or "__MACOSX" in parts


def is_table(parts: tuple[str, ...]) -> bool:
    return parts[-1].casefold().endswith(_TABLES)


def is_archive(parts: tuple[str, ...]) -> bool:
    return parts[-1].casefold().endswith(_ARCHIVES)


def folded(name: str) -> str:
    """As names are compared: without regard to case, folder signs and how letters are composed."""
    return unicodedata.normalize("NFC", name.replace("\\", "/")).casefold().strip("/ ")


@dataclass(frozen=True, slots=True)
class Photos:
    """Pictures by their whole name, by the name without folders and by the name without its ending. What two pictures
    share names neither."""

    whole: Mapping[str, str]
    bare: Mapping[str, str]
    stems: Mapping[str, str]

    @staticmethod
    def of(names: Iterable[str]) -> "Photos":
        known = list(names)
        return Photos(_alone(known, folded), _alone(known, _bare), _alone(known, _stem))

    def find(self, said: str, number: str) -> str | None:
        """The picture that a row names, or where it names none the one that is called as the staff number is."""
        if said:
            text = folded(said)
            return self.whole.get(text) or self.bare.get(text) or self.stems.get(text)
        return self.stems.get(folded(number))


def _bare(name: str) -> str:
    return folded(name).rpartition("/")[2]


def _stem(name: str) -> str:
    bare = _bare(name)
    return bare.rpartition(".")[0] or bare


def _alone(names: Iterable[str], key: Callable[[str], str]) -> dict[str, str]:
    found: dict[str, str] = {}
    shared: set[str] = set()
    for name in names:
        if found.setdefault(key(name), name) != name:
            shared.add(key(name))
    return {text: name for text, name in found.items() if text not in shared}
