"""`gatehouse eval plates`: how well the default models read somebody's own labelled photos."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatehouse.vision.errors import BadFrame, BadLabels
from gatehouse.vision.frames import read_picture
from gatehouse.vision.grammar import countries
from gatehouse.vision.plates import PlateRead, read_plates
from gatehouse.vision.shares import interval

Progress = Callable[[int, int], None]

# What a Chinese plate may be labelled as; each is counted alone, because the average hides the rare ones.
CLASSES = ("blue", "green", "yellow", "two-line", "white", "black", "night")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One line of a labels file. `country` is the code of a country pack, `classes` some of CLASSES."""

    file: str
    label: str
    country: str
    classes: tuple[str, ...] = ()


def read_labels(path: Path) -> list[Labelled]:
    """The labels file: a JSON list of {"file", "label", "country"}, with {"classes": [...]} where they are known.

    Raises BadLabels, saying where.
    """
    try:
        raw = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise BadLabels(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadLabels(f"{path} is not JSON: {error}") from error
    if not isinstance(raw, list) or not raw:
        raise BadLabels(f"{path} is not a list of labelled photos")
    known = countries()
    labels = []
    for number, item in enumerate(raw, start=1):
        fields = item if isinstance(item, dict) else {}
        values = [fields.get(key) for key in ("file", "label", "country")]
        if not all(isinstance(value, str) and value for value in values):
            raise BadLabels(f"{path}, entry {number}: needs the texts file, label and country")
        file, label, country = (str(value) for value in values)
        if country not in known:
            raise BadLabels(f"{path}, entry {number}: no country pack {country!r}; there are {', '.join(known)}")
        if not normalised(label):
            raise BadLabels(f"{path}, entry {number}: the label has neither a letter nor a digit")
        if not file.isprintable():
            raise BadLabels(f"{path}, entry {number}: no file has such a name")
        classes = fields.get("classes", [])
        if not isinstance(classes, list) or not set(map(str, classes)) <= set(CLASSES):
            raise BadLabels(f"{path}, entry {number}: classes is a list of some of {', '.join(CLASSES)}")
        labels.append(Labelled(file, normalised(label), country, tuple(classes)))
    return labels


def normalised(plate: str) -> str:
    """A plate as it is compared: upper case, without spaces, dots and dashes."""
    return "".join(character for character in plate.upper() if character.isalnum())


def folded(plate: str) -> str:
    """O as 0 and I as 1: characters that many plates draw alike and many labels mix."""
    return plate.replace("O", "0").replace("I", "1")


def edits(one: str, other: str) -> int:
    """Characters to insert, delete or replace to get from one to the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def evaluate_plates(
    folder: Path, labels: Path, progress: Progress = lambda done, of: None, packs: Sequence[str] | None = None
) -> dict[str, Any]:
    """Read every labelled photo and count.

    Each photo is read with the country pack of its label, as a gate that stands in that country is; with
    `packs` all are read with those instead. Over all, under `per_country` and under `per_class`: `n`; the shares in
    [0, 1] `exact` (best read) with its `exact_interval`, `exact_folded` (O = 0, I = 1), `any_plate_exact` (any read of
    the photo), `char` (1 - edits / longer length), `none` (nothing read); `ms_per_image`. A class without a photo has
    only `n` 0: it was not measured. `reads` lists every photo.
    Unreadable photos count as `n`, are read as nothing, and are named in `unreadable`. Raises BadLabels,
    and NotADirectoryError.
    """
    rows: list[dict[str, Any]] = []
    wanted = read_labels(labels)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder of pictures")
    for done, item in enumerate(wanted, start=1):
        rows.append(_evaluated(folder, item, packs or (item.country,)))
        progress(done, len(wanted))
    summary = _counted(rows)
    summary["per_country"] = {
        country: _counted([row for row in rows if row["country"] == country])
        for country in sorted({row["country"] for row in rows})
    }
    summary["per_class"] = {
        name: _counted(those) if (those := [row for row in rows if name in row["classes"]]) else {"n": 0}
        for name in CLASSES
    }
    summary["unreadable"] = [row["file"] for row in rows if "error" in row]
    summary["reads"] = rows
    return summary


def _evaluated(folder: Path, item: Labelled, packs: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"file": item.file, "label": item.label, "country": item.country, "classes": item.classes}
    found: list[PlateRead] = []
    begun = time.perf_counter()
    try:
        picture = read_picture(_regular(folder / item.file))
        begun = time.perf_counter()  # decoding the file is not recognition
        found = read_plates(picture, countries=packs)
    except BadFrame as error:
        row["error"] = str(error)
    except OSError as error:
        row["error"] = f"{item.file} cannot be read: {error.strerror}"
    row["ms"] = round((time.perf_counter() - begun) * 1000, 1)
    row["read"] = found[0].text if found else ""
    row["confidence"] = round(found[0].confidence, 4) if found else 0.0
    row["plates"] = [
        {"text": read.text, "confidence": round(read.confidence, 4), "colour": read.colour.value, "box": read.box}
        for read in found
    ]
    row["exact"] = row["read"] == item.label
    row["exact_folded"] = folded(row["read"]) == folded(item.label)
    return row


def _regular(path: Path) -> Path:
    """The path, unless it is there and no file: a pipe or a device would be read without end. Raises BadFrame."""
    if path.exists() and not path.is_file():
        raise BadFrame(f"{path.name} is no file")
    return path


def _counted(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    def share(values: Sequence[float]) -> float:
        return round(sum(values) / len(rows), 4)

    return {
        "n": len(rows),
        "exact": share([row["exact"] for row in rows]),
        "exact_interval": [round(edge, 4) for edge in interval(sum(row["exact"] for row in rows), len(rows))],
        "exact_folded": share([row["exact_folded"] for row in rows]),
        "any_plate_exact": share([_any_exact(row) for row in rows]),
        "char": share([_likeness(row["read"], row["label"]) for row in rows]),
        "none": share([not row["plates"] for row in rows]),
        "ms_per_image": round(sum(row["ms"] for row in rows) / len(rows), 1),
    }


def _any_exact(row: dict[str, Any]) -> bool:
    return any(plate["text"] == row["label"] for plate in row["plates"])


def _likeness(read: str, label: str) -> float:
    return 1.0 - edits(read, label) / max(len(read), len(label), 1)
