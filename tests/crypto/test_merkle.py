"""The tree is RFC 6962's, its proofs prove, and a checkpoint names one log and one head.

Inputs and roots: the well-known test tree of the certificate transparency projects, held besides against a naive
recursion straight from the RFC's definition.
"""

import base64
import hashlib

import pytest

from gatehouse.crypto import merkle
from gatehouse.crypto.errors import BadSignature, CryptoError, Malformed
from gatehouse.crypto.merkle import (
    EMPTY_ROOT,
    Hashes,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    read_checkpoint,
    root,
    sign_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from gatehouse.crypto.signing import new_device_keys, verify

INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes([n])) for n in range(23)]
KEEPER = new_device_keys()
PUBLIC = KEEPER.public().sign_key


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def test_the_known_tree_has_its_known_roots() -> None:
    for size, expected in enumerate(ROOTS, start=1):
        leaves = [leaf_hash(entry) for entry in INPUTS[:size]]
        assert root(leaves).hex() == expected
        assert naive_root(INPUTS[:size]).hex() == expected


def test_a_tree_that_grows_leaf_by_leaf_has_the_naive_root_at_every_size() -> None:
    tree, entries = Tree(), [bytes([n]) for n in range(70)]
    assert tree.root() == EMPTY_ROOT == naive_root([])
    for size, entry in enumerate(entries, start=1):
        tree.append(leaf_hash(entry))
        assert (tree.size, tree.root()) == (size, naive_root(entries[:size]))


def test_every_leaf_of_every_size_is_proved_and_no_other() -> None:
    for size in range(1, len(LEAVES) + 1):
        head = root(LEAVES[:size])
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            assert verify_inclusion(LEAVES[index], index, size, proof, head)
            assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, head)
            assert size == 1 or not verify_inclusion(LEAVES[index], (index + 1) % size, size, proof, head)
            assert not verify_inclusion(LEAVES[index], index, size, [*proof, head], head)
            assert not proof or not verify_inclusion(LEAVES[index], index, size, proof[:-1], head)


def test_every_size_is_proved_a_prefix_of_every_later_one_and_no_rewritten_log_is() -> None:
    for size in range(1, len(LEAVES) + 1):
        head = root(LEAVES[:size])
        for old in range(1, size + 1):
            proof, before = consistency_proof(LEAVES[:size], old), root(LEAVES[:old])
            assert verify_consistency(old, before, size, head, proof)
            rewritten = root([leaf_hash(b"other"), *LEAVES[1:old]])
            assert not verify_consistency(old, rewritten, size, head, proof)
            assert not verify_consistency(old, before, size, leaf_hash(b"other"), proof)


def test_proofs_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, len(LEAVES))
    with pytest.raises(IndexError):
        consistency_proof(LEAVES, 0)
    assert not verify_consistency(0, EMPTY_ROOT, 3, root(LEAVES[:3]), [])
    assert not verify_inclusion(LEAVES[0], 3, 3, [], LEAVES[0])


def test_a_checkpoint_is_read_back() -> None:
    text = sign_checkpoint("gatehouse/x", 23, root(LEAVES), KEEPER.sign_key)
    head = read_checkpoint(text, "gatehouse/x", PUBLIC)
    assert (head.size, head.root) == (23, root(LEAVES))


def test_a_checkpoint_is_a_signed_note_as_c2sp_has_it() -> None:
    lines = sign_checkpoint("gatehouse/x", 23, root(LEAVES), KEEPER.sign_key).split("\n")
    assert lines[:2] == ["gatehouse/x", "23"]
    assert (lines[3], lines[5], len(lines)) == ("", "", 6)
    dash, name, blob = lines[4].split(" ")
    decoded = base64.b64decode(blob)
    assert (dash, name) == ("\u2014", "gatehouse/x")
    assert decoded[:4] == hashlib.sha256(b"gatehouse/x\n\x01" + PUBLIC).digest()[:4]
    assert verify(PUBLIC, "\n".join([*lines[:3], ""]).encode(), decoded[4:])


def test_a_changed_checkpoint_is_refused() -> None:
    text = sign_checkpoint("gatehouse/x", 23, root(LEAVES), KEEPER.sign_key)
    with pytest.raises(BadSignature):
        read_checkpoint(text.replace("\n23\n", "\n24\n"), "gatehouse/x", PUBLIC)
    with pytest.raises(CryptoError):
        read_checkpoint(text, "gatehouse/y", PUBLIC)
    with pytest.raises(BadSignature):
        read_checkpoint(text, "gatehouse/x", new_device_keys().public().sign_key)


def test_other_signers_lines_do_not_hinder() -> None:
    text = sign_checkpoint("gatehouse/x", 23, root(LEAVES), KEEPER.sign_key)
    assert read_checkpoint(text + "\u2014 witness.example AAAA\n", "gatehouse/x", PUBLIC).size == 23


@pytest.mark.parametrize(
    "text", ["", "a\n1\nAA==\n", "a\n01\n\n\n", "a\n1\n!!\n\n\u2014 a AA==\n", "a\n1\nAA==\n\n\u2014 a AA==\n"]
)
def test_what_is_no_checkpoint_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read_checkpoint(text, "a", PUBLIC)


def test_what_hashes_remembers_gives_the_root_and_proofs_of_the_definition() -> None:
    held = Hashes()
    assert held.root() == EMPTY_ROOT
    for size in range(1, 140):
        held.append(leaf_hash(str(size).encode()))
        leaves = [leaf_hash(str(n).encode()) for n in range(1, size + 1)]
        assert (held.size, held.root()) == (size, root(leaves))
        for index in range(size):
            assert held.inclusion_proof(index) == inclusion_proof(leaves, index)
            assert held.consistency_proof(index + 1) == consistency_proof(leaves, index + 1)
        for index in (-1, size):
            with pytest.raises(IndexError):
                held.inclusion_proof(index)


def test_a_proof_in_a_long_log_takes_some_twenty_steps_and_no_walk_over_its_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, size = Hashes(), 100_003
    for number in range(size):
        held.append(number.to_bytes(32, "big"))
    counted = 0

    def counting(left: bytes, right: bytes) -> bytes:
        nonlocal counted
        counted += 1
        return hashlib.sha256(b"\x01" + left + right).digest()

    monkeypatch.setattr(merkle, "node_hash", counting)
    for index in (0, 1, 65_535, 65_536, size - 2, size - 1):
        path = held.inclusion_proof(index)
        monkeypatch.undo()
        assert verify_inclusion(index.to_bytes(32, "big"), index, size, path, held.root())
        monkeypatch.setattr(merkle, "node_hash", counting)
    assert counted <= 6 * 17
