"""The verifier against published RFC 6962 proofs, and against every way in which the publishers spoil them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatehouse.crypto.merkle import (
    Hashes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rfc6962.json").read_text("utf-8"))
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in VECTORS["leaves"]]
INCLUSION, CONSISTENCY = VECTORS["inclusion"], VECTORS["consistency"]


def b(text: str) -> bytes:
    return base64.b64decode(text)


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 8]) + data[1:]


# As in the published files: a bit changed, cut, garbage before and behind, a root among the steps.
SPOILED: dict[str, Callable[[list[bytes], bytes], list[bytes]]] = {
    "bit-of-first": lambda p, r: [flipped(p[0]), *p[1:]],
    "bit-of-last": lambda p, r: [*p[:-1], flipped(p[-1])],
    "truncated": lambda p, r: p[:-1],
    "empty": lambda p, r: [],
    "preceding-garbage": lambda p, r: [b"\x00" * 32, *p],
    "trailing-garbage": lambda p, r: [*p, b"\x00" * 32],
    "preceding-root": lambda p, r: [r, *p],
    "trailing-root": lambda p, r: [*p, r],
}


def held(size: int) -> Hashes:
    found = Hashes()
    for leaf in LEAVES[:size]:
        found.append(leaf)
    return found


@pytest.mark.parametrize("one", INCLUSION, ids=lambda one: f"{one['place']}-of-{one['size']}")
def test_a_published_inclusion_proof_holds_and_is_the_one_that_we_make(one) -> None:
    proof = [b(step) for step in one["proof"]]
    assert verify_inclusion(b(one["leaf"]), one["place"], one["size"], proof, b(one["root"]))
    assert inclusion_proof(LEAVES[: one["size"]], one["place"]) == proof
    assert held(one["size"]).inclusion_proof(one["place"]) == proof
    assert root(LEAVES[: one["size"]]) == b(one["root"])


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("one", INCLUSION, ids=lambda one: f"{one['place']}-of-{one['size']}")
def test_a_spoiled_inclusion_proof_is_refused(one, spoil) -> None:
    proof = spoil([b(step) for step in one["proof"]], b(one["root"]))
    assert not verify_inclusion(b(one["leaf"]), one["place"], one["size"], proof, b(one["root"]))


@pytest.mark.parametrize("one", INCLUSION, ids=lambda one: f"{one['place']}-of-{one['size']}")
def test_a_proof_of_another_place_size_leaf_or_root_is_refused(one) -> None:
    proof, place, size = [b(step) for step in one["proof"]], one["place"], one["size"]
    leaf, top = b(one["leaf"]), b(one["root"])
    for moved in (place - 1, place + 1, place ^ 2):
        assert not verify_inclusion(leaf, moved, size, proof, top)
    for other in (size * 2, size // 2):
        assert not verify_inclusion(leaf, place, other, proof, top)
    assert not verify_inclusion(flipped(leaf), place, size, proof, top)
    assert not verify_inclusion(leaf, place, size, proof, flipped(top))


@pytest.mark.parametrize("one", CONSISTENCY, ids=lambda one: f"{one['old']}-to-{one['size']}")
def test_a_published_consistency_proof_holds_and_is_the_one_that_we_make(one) -> None:
    proof = [b(step) for step in one["proof"]]
    assert verify_consistency(one["old"], b(one["old_root"]), one["size"], b(one["root"]), proof)
    assert consistency_proof(LEAVES[: one["size"]], one["old"]) == proof


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("one", CONSISTENCY, ids=lambda one: f"{one['old']}-to-{one['size']}")
def test_a_spoiled_consistency_proof_is_refused(one, spoil) -> None:
    proof = spoil([b(step) for step in one["proof"]], b(one["root"]))
    assert not verify_consistency(one["old"], b(one["old_root"]), one["size"], b(one["root"]), proof)


@pytest.mark.parametrize("one", CONSISTENCY, ids=lambda one: f"{one['old']}-to-{one['size']}")
def test_swapped_roots_and_other_sizes_are_refused(one) -> None:
    proof, old, new = [b(step) for step in one["proof"]], b(one["old_root"]), b(one["root"])
    assert not verify_consistency(one["old"], new, one["size"], old, proof)
    for size in (one["old"] - 1, one["old"] + 1, one["old"] ^ 2):
        assert not verify_consistency(size, old, one["size"], new, proof)
    for size in (one["size"] * 2, one["size"] // 2):
        assert not verify_consistency(one["old"], old, size, new, proof)
