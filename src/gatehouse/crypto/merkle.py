"""The RFC 6962 Merkle tree of the keeper's log, and its C2SP checkpoints.

    leaf_hash(entry) -> 32 bytes
    Tree().append(leaf hash); .size; .root()                  O(log n) state
    Hashes(): as Tree, and .inclusion_proof(index)            O(log n) time, 64 bytes a leaf
    root(leaves), inclusion_proof(leaves, index), consistency_proof(leaves, old size)
    verify_inclusion(...), verify_consistency(...) -> bool
    sign_checkpoint(origin, size, root, sign_key) -> text
    read_checkpoint(text, origin, verify_key) -> Checkpoint        raises Malformed, BadSignature

Sources: RFC 6962 section 2.1 (hashes, proofs), RFC 9162 section 2.1.3-4 (their verification), C2SP
tlog-checkpoint and signed-note (the text).
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gatehouse.crypto.errors import BadSignature, Malformed
from gatehouse.crypto.signing import public_sign_key, sign, verify

EMPTY_ROOT = hashlib.sha256(b"").digest()
_ED25519 = b"\x01"
_HASH = 32  # bytes


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree that remembers only the roots of its full subtrees, one per set bit of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        carry, size = leaf, self.size
        while size & 1:
            carry = node_hash(self._peaks.pop(), carry)
            size >>= 1
        self._peaks.append(carry)
        self.size += 1

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        result = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            result = node_hash(peak, result)
        return result


class Hashes:
    """A growing tree that remembers the root of every full subtree, 64 bytes a leaf: a proof costs O(log n)."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[bytearray] = []  # at k the roots of the full subtrees of 2**k leaves, from the left

    def append(self, leaf: bytes) -> None:
        node, place = leaf, self.size
        for level in self._levels:
            level += node
            if not place & 1:
                break
            node, place = node_hash(bytes(level[-2 * _HASH : -_HASH]), node), place >> 1
        else:
            self._levels.append(bytearray(node))
        self.size += 1

    def root(self) -> bytes:
        return self._range(0, self.size) if self.size else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """As the function of that name over all leaves. Raises IndexError."""
        if not 0 <= index < self.size:
            raise IndexError("no such leaf")
        path: list[bytes] = []
        start, size = 0, self.size
        while size > 1:
            k = _split(size)
            if index < start + k:
                path.append(self._range(start + k, size - k))
                size = k
            else:
                path.append(self._range(start, k))
                start, size = start + k, size - k
        return path[::-1]

    def consistency_proof(self, old: int) -> list[bytes]:
        """As the function of that name over all leaves. Raises IndexError."""
        if not 0 < old <= self.size:
            raise IndexError("no such size")
        path: list[bytes] = []
        start, size, whole = 0, self.size, True  # whole: the old tree is what is left, and its root is known
        while old != size:
            k = _split(size)
            if old <= k:
                path.append(self._range(start + k, size - k))
                size = k
            else:
                path.append(self._range(start, k))
                start, size, old, whole = start + k, size - k, old - k, False
        return [*([] if whole else [self._range(start, size)]), *path[::-1]]

    def _range(self, start: int, size: int) -> bytes:
        """The root over `size` leaves from `start` on, which is a multiple of the next power of two."""
        if size & (size - 1) == 0:
            k = size.bit_length() - 1
            at = (start >> k) * _HASH
            return bytes(self._levels[k][at : at + _HASH])
        k = _split(size)
        return node_hash(self._range(start, k), self._range(start + k, size - k))


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (2 or more)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The path of leaf `index` in the tree over all `leaves`. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root(leaves[:k])]


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """That the tree over the first `old` leaves is a prefix of the tree over all. Raises IndexError."""
    if not 0 < old <= len(leaves):
        raise IndexError("no such size")
    return _subproof(leaves, old, whole=True)


def _subproof(leaves: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*_subproof(leaves[:k], old, whole=whole), root(leaves[k:])]
    return [*_subproof(leaves[k:], old - k, whole=False), root(leaves[:k])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, result = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            result = node_hash(step, result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and result == expected


def verify_consistency(old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(step, first), node_hash(step, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == new_root


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at one moment."""

    size: int
    root: bytes


def _key_id(origin: str, verify_key: bytes) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + verify_key).digest()[:4]


def sign_checkpoint(origin: str, size: int, root_hash: bytes, sign_key: bytes) -> str:
    """C2SP tlog-checkpoint as a signed note whose key carries the log's own name."""
    body = f"{origin}\n{size}\n{base64.b64encode(root_hash).decode()}\n"
    blob = _key_id(origin, public_sign_key(sign_key)) + sign(sign_key, body.encode())
    return f"{body}\n\N{EM DASH} {origin} {base64.b64encode(blob).decode()}\n"


def read_checkpoint(text: str, origin: str, verify_key: bytes) -> Checkpoint:
    """Raises Malformed, or BadSignature when no line is this key's signature over the text."""
    body, gap, notes = text.partition("\n\n")
    lines = body.split("\n")
    if not gap or len(lines) < 3 or lines[0] != origin or not _is_number(lines[1]):
        raise Malformed("checkpoint")
    try:
        head = Checkpoint(int(lines[1]), base64.b64decode(lines[2], validate=True))
        blobs = [_blob(line, origin) for line in notes.splitlines()]
    except binascii.Error as fault:
        raise Malformed("checkpoint") from fault
    if len(head.root) != 32:
        raise Malformed("checkpoint")
    signed, key_id = f"{body}\n".encode(), _key_id(origin, verify_key)
    if not any(blob[:4] == key_id and verify(verify_key, signed, blob[4:]) for blob in blobs):
        raise BadSignature("checkpoint")
    return head


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or not text.startswith("0"))


def _blob(line: str, origin: str) -> bytes:
    """The signature of one note line; empty for another signer's."""
    prefix = f"\N{EM DASH} {origin} "
    return base64.b64decode(line[len(prefix) :], validate=True) if line.startswith(prefix) else b""
