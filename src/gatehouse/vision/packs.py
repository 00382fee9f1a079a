"""Model packs: the manifest (packs.toml), the cache they live in, and the check before every use."""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gatehouse.vision.errors import ModelMissing, ModelRefused


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack. `sha256` is of the file in the package; `made_sha256` of what is cached."""

    name: str
    inside: str
    sha256: str
    convert: str
    made_sha256: str


@dataclass(frozen=True, slots=True)
class Pack:
    """One source package: its licence, the files taken out of it, and what the models promise."""

    name: str
    job: str
    licence: str
    source: str
    package_sha256: str
    files: tuple[PackFile, ...]
    input_px: int
    output_size: int
    thresholds: Mapping[str, float]


def _file(raw: Mapping[str, Any]) -> PackFile:
    sha256 = str(raw["sha256"])
    return PackFile(
        name=str(raw["name"]),
        inside=str(raw["inside"]),
        sha256=sha256,
        convert=str(raw.get("convert", "")),
        made_sha256=str(raw.get("made_sha256", sha256)),
    )


def parse_manifest(text: str) -> tuple[Pack, ...]:
    """The packs of a manifest in TOML. Raises ModelRefused when a field is missing or a name is doubled."""
    try:
        raw = tomllib.loads(text)
        packs = tuple(
            Pack(
                name=str(item["name"]),
                job=str(item["job"]),
                licence=str(item["licence"]),
                source=str(item["source"]),
                package_sha256=str(item.get("package_sha256", "")),
                files=tuple(_file(entry) for entry in item["file"]),
                input_px=int(item.get("input_px", 0)),
                output_size=int(item.get("output_size", 0)),
                thresholds=MappingProxyType({k: float(v) for k, v in item.get("thresholds", {}).items()}),
            )
            for item in raw["pack"]
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelRefused(f"the pack manifest cannot be read: {error}") from error
    names = [file.name for pack in packs for file in pack.files]
    if len(set(names)) != len(names) or any(Path(name).name != name for name in names):
        raise ModelRefused("the pack manifest has a doubled or unsafe file name")
    return packs


@cache
def packs() -> tuple[Pack, ...]:
    """The packs that ship with Gatehouse."""
    return parse_manifest(resources.files("gatehouse.vision").joinpath("packs.toml").read_text("utf-8"))


def pack(name: str) -> Pack:
    """The pack of that name. Raises ModelRefused when the manifest has none."""
    for candidate in packs():
        if candidate.name == name:
            return candidate
    raise ModelRefused(f"no pack is called {name!r}")


def models_home() -> Path:
    """The cache folder: $GATEHOUSE_MODELS, else `.cache/models` in the checkout, else beside the venv.

    An editable install runs from `src/` of a checkout, known by its pyproject.toml; a wheel does not.
    """
    if chosen := os.environ.get("GATEHOUSE_MODELS"):
        return Path(chosen).expanduser()
    root = Path(__file__).resolve().parents[3]
    if not ((root / "pyproject.toml").is_file() and (root / "src").is_dir()):
        root = Path(sys.prefix)
    return root / ".cache" / "models"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _entry(name: str) -> PackFile:
    for candidate in packs():
        for file in candidate.files:
            if file.name == name:
                return file
    raise ModelRefused(f"no pack has a file called {name!r}")


def model_bytes(name: str) -> bytes:
    """The cached file, checked: the very bytes that were hashed are returned, so nothing can slip between.

    Raises ModelMissing when it is not there, ModelRefused when its SHA-256 is not the manifest's.
    """
    entry = _entry(name)
    path = models_home() / entry.name
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelMissing(entry.name, str(path.parent)) from error
    if digest(data) != entry.made_sha256:
        raise ModelRefused(f"{path} does not have the SHA-256 of its manifest: delete it, run `make setup`")
    return data


def asset_path(name: str) -> Path:
    """Where a cached file lies (portraits, fonts), after the same checks as `model_bytes`."""
    model_bytes(name)
    return models_home() / name


def check_installed() -> None:
    """Returns when every file of every pack is in the cache and is what its manifest says.

    Raises ModelMissing, ModelRefused for the first that is not.
    """
    for each in packs():
        for file in each.files:
            model_bytes(file.name)
