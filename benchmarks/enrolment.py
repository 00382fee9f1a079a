"""What one enrolment costs an edge that knows thousands of people by face.

Each round one person of many is enrolled anew and the edge takes the whole roster over, as the server sends it: what
did not change is opened from memory, everybody is compared with everybody once. Beside it, in the same run, the parts
as they were before: every cell opened anew, and the gallery built a second time (without its pairs of alike people,
which come with the one comparison now). Prints times and ratios.

    .venv/bin/python benchmarks/enrolment.py [--people 5000] [--rounds 3]
"""

import argparse
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from gatehouse.crypto.letters import hpke_seal
from gatehouse.crypto.signing import new_device_keys
from gatehouse.edge.roster import BRIEF, CARD, FACE, Opener, nothing, with_roster
from gatehouse.vision.calibration import FALSE_MATCH, calibrate, calibrated
from gatehouse.vision.faces import MODEL
from gatehouse.vision.gallery import Gallery
from gatehouse.wire import FEED_INFO, FaceTemplates, PersonEntry, Roster, encode, feed_aad

EDGE, SITE = "edge-1", "site-1"


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--people", type=int, default=5000)
    asked.add_argument("--rounds", type=int, default=3)
    said = asked.parse_args()
    keys, now = new_device_keys(), datetime.now(UTC)
    public = keys.public().seal_key
    dice = np.random.default_rng(1)

    def vector() -> np.ndarray:
        found = dice.normal(size=128).astype(np.float32)
        return found / np.linalg.norm(found)

    def cell(data: bytes, label: str, owner: str) -> bytes:
        return hpke_seal(data, info=FEED_INFO, aad=feed_aad(EDGE, label, owner), public_key=public)

    def person(n: int, face: np.ndarray) -> PersonEntry:
        own = f"person-{n}"
        templates = FaceTemplates(model=MODEL, size=128, vectors=face.astype("<f4").tobytes())
        return PersonEntry(
            id=own,
            groups=["staff"],
            face=cell(encode(templates), FACE, own),
            card=cell(f"{n:08d}".encode(), CARD, own),
            brief=cell(f"S-{n} AB".encode(), BRIEF, own),
        )

    faces = [vector() for _ in range(said.people)]
    people = [person(n, face) for n, face in enumerate(faces)]

    def roster(version: int) -> Roster:
        return Roster(
            version=version, site=SITE, zone="Europe/Berlin", gates=[], schedules=[], rules=[], people=people,
            vehicles=[], devices=[], lease_ends=now + timedelta(hours=72),
        )  # fmt: skip

    opener = Opener(EDGE, keys.seal_key)
    first = timed(lambda: with_roster(nothing(), roster(1), site=SITE, opener=opener, now=now))
    known = with_roster(nothing(), roster(1), site=SITE, opener=Opener(EDGE, keys.seal_key), now=now)
    memory = opener.memory
    spent: dict[str, list[float]] = {"now": [], "cells anew": [], "gallery once": [], "gallery twice": []}
    for round_ in range(said.rounds):
        faces[round_] = vector()
        people[round_] = person(round_, faces[round_])
        changed = roster(2 + round_)
        rows = [(f"person-{n}", face) for n, face in enumerate(faces)]
        opener = Opener(EDGE, keys.seal_key, memory)
        spent["now"].append(timed(lambda: with_roster(known, changed, site=SITE, opener=opener, now=now)))  # noqa: B023
        memory = opener.memory
        anew = Opener(EDGE, keys.seal_key)
        spent["cells anew"].append(timed(lambda: with_roster(known, changed, site=SITE, opener=anew, now=now)))  # noqa: B023
        spent["gallery once"].append(timed(lambda: calibrated(rows, false_match=FALSE_MATCH)))  # noqa: B023

        def twice() -> None:
            found = calibrate(rows, false_match=FALSE_MATCH)  # noqa: B023
            Gallery(rows, threshold=found.threshold)  # noqa: B023

        spent["gallery twice"].append(timed(twice))
    best = {name: min(values) for name, values in spent.items()}
    before = best["cells anew"] + best["gallery twice"] - best["gallery once"]
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}; {said.people} people")
    print(f"the first roster: {first:.2f} s")
    print(f"one enrolment, now: {best['now']:.2f} s")
    print(f"  with every cell opened anew: {best['cells anew']:.2f} s")
    once, twice_s = best["gallery once"], best["gallery twice"]
    print(
        f"  gallery, threshold and alike pairs at once: {once:.2f} s; built twice, without the pairs: {twice_s:.2f} s"
    )
    print(f"  as it was before: {before:.2f} s, {before / best['now']:.1f} times as long")


if __name__ == "__main__":
    main()
