"""Both models on somebody's labelled photos, beside the package's present pipeline.

    python -m training.evaluate PHOTOS --detector plate_detector.onnx --reader plate_reader.onnx [--present]

PHOTOS holds labels.json as `gatehouse eval plates` takes it. The photos are read where they lie and copied
nowhere. Run it in the project's own environment with src/ on the path: the package's grammar decodes.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gatehouse.vision.decode import Decoded, Decoder
from gatehouse.vision.evaluate_plates import Labelled, evaluate_plates, folded, read_labels
from gatehouse.vision.frames import at_most, read_picture
from gatehouse.vision.grammar import shapes_of
from gatehouse.vision.letters import ALPHABET as PACKAGE
from training.charset import ALPHABET
from training.detector.decode import Floats
from training.models import PlateModels, Reading

LOOKS = (640, 960, 1280)
SURE = 0.6


@dataclass(frozen=True, slots=True)
class Read:
    text: str
    score: float
    reading: Reading


def read_photo(models: PlateModels, path: Path, country: str) -> tuple[list[Read], dict[str, float]]:
    """Reads, best first, and milliseconds by stage; decoding the file is not counted."""
    frame, _ = at_most(read_picture(path), 2560)
    decoder = Decoder(shapes_of([country]))
    reads: list[Read] = []
    spent: dict[str, float] = defaultdict(float)
    for look in LOOKS:
        begun = time.perf_counter()
        plates = models.detect(frame, look)
        spent["detect"] += time.perf_counter() - begun
        for plate in plates[:6]:
            begun = time.perf_counter()
            reading = models.read(frame, plate)
            spent["read"] += time.perf_counter() - begun
            best = _decoded(decoder, reading.steps)
            spent["decode"] += time.perf_counter() - begun
            if best:
                reads.append(Read(best.text, best.confidence * plate.score, reading))
        if any(one.score >= SURE for one in reads):
            break
    spent["all"] = sum(spent.values()) - spent["read"]
    return sorted(reads, key=lambda one: -one.score), {name: value * 1000 for name, value in spent.items()}


def _decoded(decoder: Decoder, steps: Floats) -> Decoded | None:
    """The grammar's best spelling; mass on characters that the package does not know counts as blank."""
    known = steps[:, : len(PACKAGE)].copy()
    known[:, 0] += steps[:, len(PACKAGE) :].sum(axis=1)
    opinions = decoder.decode(known)
    return opinions[0] if opinions else None


def evaluate(models: PlateModels, photos: Path, labels: Sequence[Labelled]) -> dict[str, dict[str, float]]:
    """By country: photos, shares exact (best read), folded (O = 0, I = 1), any read of the photo, none found, ms."""
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    for item in labels:
        reads, spent = read_photo(models, photos / item.file, item.country)
        texts = [one.text for one in reads]
        best = texts[0] if texts else ""
        row = {
            "exact": float(best == item.label),
            "folded": float(folded(best) == folded(item.label)),
            "any": float(item.label in texts),
            "any folded": float(folded(item.label) in {folded(text) for text in texts}),
            "none": float(not texts),
            **{f"ms {name}": value for name, value in spent.items()},
        }
        rows[item.country].append(row)
        rows["all"].append(row)
    return {
        name: {"n": len(some), **{key: float(np.mean([one.get(key, 0.0) for one in some])) for key in some[0]}}
        for name, some in sorted(rows.items(), key=lambda one: one[0] == "all")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--present", action="store_true", help="also run the package's present pipeline")
    options = parser.parse_args()
    if not ALPHABET.startswith(PACKAGE):
        raise SystemExit("the package's alphabet is no longer the beginning of the reader's")
    cv2.setNumThreads(1)
    labels = read_labels(options.photos / "labels.json")
    table = evaluate(PlateModels(options.detector, options.reader), options.photos, labels)
    columns = ("exact", "folded", "any", "any folded", "none")
    print(f"{'own models':<12}{'n':>5}" + "".join(f"{column:>12}" for column in columns) + "   ms detect / read / all")
    for name, row in table.items():
        shares = "".join(f"{row[column]:>12.1%}" for column in columns)
        times = " / ".join(f"{row.get(f'ms {stage}', 0.0):.1f}" for stage in ("detect", "read", "all"))
        print(f"{name:<12}{row['n']:>5.0f}{shares}   {times}")
    if options.present:
        _present(options.photos)


def _present(photos: Path) -> None:
    summary = evaluate_plates(photos, photos / "labels.json")
    print(f"\n{'present':<12}{'n':>5}{'exact':>12}{'folded':>12}{'any':>12}{'none':>12}   ms all")
    for name, row in [*summary["per_country"].items(), ("all", summary)]:
        shares = "".join(f"{row[key]:>12.1%}" for key in ("exact", "exact_folded", "any_plate_exact", "none"))
        print(f"{name:<12}{row['n']:>5}{shares}   {row['ms_per_image']:.1f}")


if __name__ == "__main__":
    main()
