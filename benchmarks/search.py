"""Who is this among N enrolled: the product's gallery against faiss and usearch, in one run, on one thread.

The same made-up unit vectors for all; half of the probes are near somebody, half are strangers. Recall is
the share of enrolled probes for whom the nearest person was found. The gallery's time contains its threshold, its
margin and its mark for lookalikes, which the peers do not have; it takes probes one by one, as gates do. 1M is for
information (--million).

    .venv/bin/python benchmarks/search.py [--enrolled 1000 10000 100000] [--probes 200]
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import faiss
import numpy as np
import usearch
import usearch.index
from numpy.typing import NDArray

from gatehouse.vision.faces import EMBEDDING_SIZE, unit
from gatehouse.vision.gallery import Gallery

Floats = NDArray[np.float32]
ROUNDS = 3
GRAPH_UP_TO = 10_000  # building it for 100,000 takes minutes
NOBODY = -2  # no entrant's answer: only probes of enrolled people count as right


@dataclass(frozen=True)
class Entrant:
    name: str
    nearest: Callable[[Floats], int]
    batch: Callable[[Floats], NDArray[np.int64]]
    built_s: float
    bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--enrolled", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--million", action="store_true", help="1,000,000 enrolled as well")
    wanted = parser.parse_args()
    faiss.omp_set_num_threads(1)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" numpy {np.__version__}, faiss {faiss.__version__}, usearch {usearch.__version__}; one thread, vectors of"
        f" {EMBEDDING_SIZE}, medians of {wanted.probes} probes, best of {ROUNDS} rounds taken in turns"
    )
    for enrolled in [*wanted.enrolled, *([1_000_000] if wanted.million else [])]:
        compare(enrolled, wanted.probes)


def compare(enrolled: int, count: int) -> None:
    dice = np.random.default_rng(1)
    rows = unit(dice.normal(size=(enrolled, EMBEDDING_SIZE)).astype(np.float32))
    known = rows[dice.integers(0, enrolled, size=count // 2)]
    near = unit(known + dice.normal(size=known.shape).astype(np.float32) * 0.01)
    probes = np.concatenate([near, unit(dice.normal(size=(count - len(near), EMBEDDING_SIZE)).astype(np.float32))])
    truth = (near @ rows.T).argmax(axis=1)
    entrants = [gallery(rows), bare(rows), flat(rows), scalar(rows), exact(rows)]
    if enrolled <= GRAPH_UP_TO:
        entrants.append(graph(rows))
    single: dict[str, list[float]] = {one.name: [] for one in entrants}
    sixteen: dict[str, list[float]] = {one.name: [] for one in entrants}
    recall: dict[str, float] = {}
    for _ in range(ROUNDS):
        for one in entrants:
            times, right = [], 0
            for probe, place in zip(probes, [*truth, *[NOBODY] * len(probes)], strict=False):
                begun = time.perf_counter()
                found = one.nearest(probe)
                times.append(time.perf_counter() - begun)
                right += found == place
            recall[one.name] = right / len(near)
            single[one.name].append(statistics.median(times))
            times = []
            for first in range(0, len(probes) - 15, 16):
                begun = time.perf_counter()
                one.batch(probes[first : first + 16])
                times.append((time.perf_counter() - begun) / 16)
            sixteen[one.name].append(statistics.median(times))
    base = min(single["gatehouse gallery"])
    print(f"\n{enrolled:,} enrolled          one probe      of 16   to gallery    recall   build      memory")
    for one in entrants:
        best = min(single[one.name])
        print(
            f"{one.name:<22} {best * 1000:9.3f} ms {min(sixteen[one.name]) * 1000:7.3f} ms {best / base:9.2f} x"
            f" {recall[one.name]:9.1%} {one.built_s:6.2f} s {one.bytes / 1e6:8.1f} MB"
        )


def gallery(rows: Floats) -> Entrant:
    width = len(str(len(rows)))
    begun = time.perf_counter()
    made = Gallery(((f"{place:0{width}}", row) for place, row in enumerate(rows)))
    took = time.perf_counter() - begun

    def nearest(probe: Floats) -> int:
        match = made.match(probe)
        return -1 if match is None else int(match.subject)

    return Entrant(
        "gatehouse gallery", nearest, lambda probes: np.array([nearest(probe) for probe in probes]), took, rows.nbytes
    )


def bare(rows: Floats) -> Entrant:
    return Entrant(
        "bare numpy float32",
        lambda probe: int((rows @ probe).argmax()),
        lambda probes: np.asarray((probes @ rows.T).argmax(axis=1)),
        0.0,
        rows.nbytes,
    )


def flat(rows: Floats) -> Entrant:
    return _faiss("faiss Flat (exact)", rows, faiss.IndexFlatIP(EMBEDDING_SIZE))


def scalar(rows: Floats) -> Entrant:
    kind = faiss.ScalarQuantizer.QT_8bit
    return _faiss("faiss SQ8", rows, faiss.IndexScalarQuantizer(EMBEDDING_SIZE, kind, faiss.METRIC_INNER_PRODUCT))


def _faiss(name: str, rows: Floats, index: "faiss.Index") -> Entrant:
    begun = time.perf_counter()
    index.train(rows)
    index.add(rows)
    took = time.perf_counter() - begun
    return Entrant(
        name,
        lambda probe: int(index.search(probe[np.newaxis], 1)[1][0, 0]),
        lambda probes: index.search(probes, 1)[1][:, 0],
        took,
        len(faiss.serialize_index(index)),
    )


def exact(rows: Floats) -> Entrant:
    def search(probes: Floats) -> NDArray[np.int64]:
        found = usearch.index.search(rows, probes, 1, usearch.index.MetricKind.IP, exact=True, threads=1)
        return np.asarray(found.keys).reshape(-1).astype(np.int64)

    return Entrant("usearch exact f32", lambda probe: int(search(probe[np.newaxis])[0]), search, 0.0, rows.nbytes)


def graph(rows: Floats) -> Entrant:
    index = usearch.index.Index(ndim=EMBEDDING_SIZE, metric="ip", dtype="f16")
    begun = time.perf_counter()
    index.add(np.arange(len(rows)), rows, threads=1)
    took = time.perf_counter() - begun

    def batch(probes: Floats) -> NDArray[np.int64]:
        return np.asarray(index.search(probes, 1, threads=1).keys).reshape(-1).astype(np.int64)

    return Entrant(
        "usearch HNSW f16",
        lambda probe: int(index.search(probe, 1, threads=1).keys[0]),
        batch,
        took,
        int(index.memory_usage),
    )


if __name__ == "__main__":
    main()
