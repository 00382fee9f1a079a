"""`gatehouse eval faces`: how well the model tells somebody's own people apart, in the groups that they name."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatehouse.vision.blaze import BACK, SHORT, find_faces
from gatehouse.vision.calibration import FALSE_MATCH
from gatehouse.vision.errors import BadFrame, BadLabels
from gatehouse.vision.face_pairs import Accepted, Pairs, at_false_accepts, at_threshold, count_pairs
from gatehouse.vision.face_search import Answers, search
from gatehouse.vision.faces import EMBEDDING_SIZE, MODEL, WORK_SIDE_PX, FaceRead, embed, face_chip, read_faces
from gatehouse.vision.frames import Pixels, at_most, read_picture
from gatehouse.vision.mesh import fit_mesh
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats

Progress = Callable[[int, int], None]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
RATES = (1e-2, 1e-3, 1e-4, 1e-5)
# (templates, frames): one picture against one, three against one, three against the mean of three.
WAYS = ((1, 1), (3, 1), (3, 3))
COUNTS = (10, 30, 100, 300, 1000, 3000, 10_000)
_TIMED = 40
_SEARCHES = 20_000  # probes per line of the 1:N table, about


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in the pictures: row i of `vectors` is `files[i]`, of person `people[i]` of `names`."""

    names: tuple[str, ...]
    files: tuple[str, ...]
    people: tuple[int, ...]
    vectors: Floats
    unreadable: tuple[str, ...]
    faceless: tuple[str, ...]
    crowded: int
    pictures: int
    ms_per_picture: float


def read_groups(path: Path) -> dict[str, str]:
    """Person (folder name) to group: a JSON object, or CSV lines "person,group" with or without that heading.

    Raises BadLabels, saying where.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BadLabels(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadLabels(f"{path} is not UTF-8 text") from error
    if text.lstrip().startswith("{"):
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadLabels(f"{path} is not JSON: {error}") from error
        pairs = list(raw.items())
    else:
        lines = [line for line in csv.reader(text.splitlines()) if any(cell.strip() for cell in line)]
        for number, line in enumerate(lines, start=1):
            if len(line) != 2:
                raise BadLabels(f"{path}, line {number}: a line is person,group")
        pairs = [(line[0].strip(), line[1].strip()) for line in lines]
        if pairs[:1] == [("person", "group")]:
            pairs = pairs[1:]
    if not pairs or not all(isinstance(value, str) and value for pair in pairs for value in pair):
        raise BadLabels(f"{path} names no group: it is a JSON object or CSV lines of person and group")
    return dict(pairs)


def evaluate_faces(
    folder: Path,
    groups: Mapping[str, str] | None = None,
    *,
    false_match: float = FALSE_MATCH,
    progress: Progress = lambda done, of: None,
    seed: int = 1,
) -> dict[str, Any]:
    """Read every picture of `folder` (a folder per person) and count.

    Of each picture the face nearest to its middle is taken. `pairs`: per rate of false accepts the threshold and
    the share of true accepts with its interval, and the same at the product's thresholds. `search`: who is let in and
    who is mistaken, by enrolled count, templates and frames, at the default threshold and calibrated for
    `false_match`. `groups`: both for each group alone. `ms`: per stage, one face. What cannot be measured here is
    None, never guessed.

    Raises BadLabels when there are not two people with a face, or `groups` names nobody who is there;
    NotADirectoryError; ValueError for a figure outside (0, 1).
    """
    if not 0.0 < false_match < 1.0:
        raise ValueError("the stated share of strangers lies between 0 and 1")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder with a folder per person")
    seen = _read(folder, progress)
    if len(set(seen.people)) < 2:
        raise BadLabels(f"{folder} needs a folder for each person, with a picture of a face in two of them at least")
    if groups is not None and not set(groups) & set(seen.names):
        raise BadLabels(f"the groups name nobody who has a folder in {folder}")
    everybody = np.arange(len(seen.files))
    pairs, whole = _measured(seen, everybody, false_match, seed)
    result: dict[str, Any] = {
        "model": MODEL,
        "pictures": seen.pictures,
        "people": len(set(seen.people)),
        "faces": len(seen.files),
        "no_face": list(seen.faceless),
        "several_faces": seen.crowded,
        "unreadable": list(seen.unreadable),
        "false_match": false_match,
        **whole,
        "ms": {"picture": seen.ms_per_picture, **_stages(folder, seen.files)},
        "least_alike_same": [_named(seen, pair) for pair in pairs.farthest],
        "most_alike_different": [_named(seen, pair) for pair in pairs.nearest],
        "groups": {},
    }
    if groups is not None:
        of = [groups.get(name, "") for name in seen.names]
        result["ungrouped"] = sum(1 for person in set(seen.people) if not of[person])
        for group in sorted(set(of) - {""}):
            rows = np.array([i for i in everybody if of[seen.people[i]] == group], dtype=np.int64)
            if len(rows):
                result["groups"][group] = _measured(seen, rows, false_match, seed)[1] | {
                    "people": len({seen.people[i] for i in rows}),
                    "faces": len(rows),
                }
    return result


def _read(folder: Path, progress: Progress) -> Seen:
    # Only folders directly inside count; a link is not followed out of the folder that was named.
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink())
    wanted = [
        (person, path)
        for person, name in enumerate(names)
        for path in sorted((folder / name).iterdir())
        if path.suffix.lower() in PICTURES and path.is_file()
    ]
    files: list[str] = []
    people: list[int] = []
    vectors: list[Floats] = []
    unreadable: list[str] = []
    faceless: list[str] = []
    crowded, spent = 0, 0.0
    for done, (person, path) in enumerate(wanted, start=1):
        shown = path.relative_to(folder).as_posix()
        try:
            picture = read_picture(path)
        except (BadFrame, OSError):
            unreadable.append(shown)
        else:
            begun = time.perf_counter()
            faces = read_faces(picture)
            spent += time.perf_counter() - begun
            if faces:
                files.append(shown)
                people.append(person)
                vectors.append(_middle_one(faces, picture).embedding)
                crowded += len(faces) > 1
            else:
                faceless.append(shown)
        progress(done, len(wanted))
    read = len(files) + len(faceless)
    return Seen(
        tuple(names),
        tuple(files),
        tuple(people),
        np.array(vectors, dtype=np.float32).reshape(-1, EMBEDDING_SIZE),
        tuple(unreadable),
        tuple(faceless),
        crowded,
        len(wanted),
        round(1000 * spent / read, 1) if read else 0.0,
    )


def _middle_one(faces: Sequence[FaceRead], picture: Pixels) -> FaceRead:
    """The face that the picture is of: nearest to the middle, counted in its own widths."""
    height, width = picture.shape[:2]

    def off(face: FaceRead) -> float:
        x, y, w, h = face.box
        return float(np.hypot(x + w / 2 - width / 2, y + h / 2 - height / 2)) / max(1, w)

    return min(faces, key=off)


def _measured(
    seen: Seen, rows: np.ndarray[Any, np.dtype[np.int64]], false_match: float, seed: int
) -> tuple[Pairs, dict[str, Any]]:
    vectors = seen.vectors[rows]
    whose = [seen.people[i] for i in rows]
    pairs = count_pairs(vectors, whose)
    limits = pack(MODEL).thresholds
    of = {person: np.flatnonzero(np.array(whose) == person) for person in sorted(set(whose))}
    return pairs, {
        "same_pairs": sum(len(own) for own in pairs.own),
        "different_pairs": int(pairs.other.sum()),
        "pairs": {f"{rate:g}": _accepted(at_false_accepts(pairs, rate, seed)) for rate in RATES},
        "at_default": {
            mode: _accepted(at_threshold(pairs, limits[mode], seed)) for mode in ("one_to_one", "one_to_many")
        },
        "search": [
            _answered(way, figure, found)
            for way in WAYS
            for figure in (None, false_match)
            for count in COUNTS
            if (found := _searched(vectors, of, way, count, figure, seed)) is not None
        ],
    }


def _searched(
    vectors: Floats,
    of: Mapping[int, np.ndarray[Any, np.dtype[np.int64]]],
    way: tuple[int, int],
    count: int,
    figure: float | None,
    seed: int,
) -> Answers | None:
    templates, frames = way
    rounds = max(1, min(20, _SEARCHES // len(of)))
    return search(
        vectors, of, enrolled=count, templates=templates, frames=frames, rounds=rounds, false_match=figure, seed=seed
    )


def _accepted(found: Accepted | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)


def _answered(way: tuple[int, int], figure: float | None, found: Answers) -> dict[str, Any]:
    return asdict(found) | {
        "templates": way[0],
        "frames": way[1],
        "stated": figure,
        "standings": dict(found.standings),
        "false_positives": found.false_positives,
        "false_positive_interval": found.false_positive_interval,
    }


def _named(seen: Seen, pair: tuple[float, int, int]) -> dict[str, Any]:
    far, one, other = pair
    return {"distance": round(far, 4), "files": [seen.files[one], seen.files[other]]}


def _stages(folder: Path, files: Sequence[str]) -> dict[str, float]:
    """Milliseconds of each stage for one face, mean over the first pictures; what `read_faces` does, in parts."""
    spent = dict.fromkeys(("detect", "align", "embed"), 0.0)
    timed = 0
    for file in files[:_TIMED]:
        frame, _ = at_most(read_picture(folder / file), WORK_SIDE_PX)
        begun = time.perf_counter()
        boxes = find_faces(frame, SHORT) or find_faces(frame, BACK)
        found = time.perf_counter()
        if not boxes:
            continue
        chip = face_chip(frame, fit_mesh(frame, boxes[0]).five)
        aligned = time.perf_counter()
        embed([chip])
        spent["detect"] += found - begun
        spent["align"] += aligned - found
        spent["embed"] += time.perf_counter() - aligned
        timed += 1
    return {stage: round(1000 * seconds / max(1, timed), 1) for stage, seconds in spent.items()}
