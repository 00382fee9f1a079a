"""Files for somebody who holds no key of this house: the age format, version 1, with X25519 recipients.

new_identity() -> Identity                 both halves as text; the secret one is the recipient's alone
recipient_key(text) -> 32 bytes            of "age1..."                             raises Malformed
seal_file(data, key) -> bytes              what `age -d -i KEYFILE` opens
open_file(sealed, secret) -> bytes         with "AGE-SECRET-KEY-1..."               raises Malformed, Unreadable

`agestream` does the same piece by piece.

Specification: C2SP age. Header: a stanza with an ephemeral share and the file key wrapped by ChaCha20-Poly1305 under
HKDF of the shared secret, then an HMAC; payload: ChaCha20-Poly1305 in chunks of 64 KiB, counted, the last one marked.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gatehouse.crypto.errors import Malformed, Unreadable

CHUNK, TAG, _FILE_KEY, _NONCE = 64 * 1024, 16, 16, 16
_WRAP = b"age-encryption.org/v1/X25519"
_PUBLIC, _SECRET = "age", "age-secret-key-"
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# Stanzas of any recipients, each with lines of 64 characters and a shorter one at its end; at most 64 KiB of them.
_STANZA = rb"-> [!-~]+(?: [!-~]+)*\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n"
_HEADER = re.compile(rb"age-encryption\.org/v1\n((?:%s)+)--- ([A-Za-z0-9+/]{43})\n" % _STANZA)
_OURS = re.compile(rb"^-> X25519 ([A-Za-z0-9+/]{43})\n([A-Za-z0-9+/]{43})\n", re.MULTILINE)
_HEADER_LIMIT = 64 * 1024
BEFORE_CHUNKS = _HEADER_LIMIT + _NONCE


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    recipient: str
    secret: str


def new_identity() -> Identity:
    key = X25519PrivateKey.generate()
    secret = key.private_bytes_raw()
    return Identity(_bech32(_PUBLIC, key.public_key().public_bytes_raw()), _bech32(_SECRET, secret).upper())


def recipient_key(text: str) -> bytes:
    """Raises Malformed, also for a key with which nothing is secret."""
    key = _unbech32(_PUBLIC, text)
    _exchange(X25519PrivateKey.generate(), key)
    return key


def seal_file(data: bytes, key: bytes) -> bytes:
    """`data` readable only by whoever holds the recipient's secret. Raises Malformed for no key."""
    header, aead, _ = begin(key)
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)] or [b""]
    body = [aead.encrypt(count(n, last=n == len(chunks) - 1), chunk, None) for n, chunk in enumerate(chunks)]
    return header + b"".join(body)


def begin(key: bytes) -> tuple[bytes, ChaCha20Poly1305, bytes]:
    """A new file for this recipient: what stands before its chunks, what seals them, and the file's own key. Raises
    Malformed for no key."""
    ephemeral = X25519PrivateKey.generate()
    share, file_key = ephemeral.public_key().public_bytes_raw(), os.urandom(_FILE_KEY)
    wrapped = ChaCha20Poly1305(_derive(_exchange(ephemeral, key), share + key, _WRAP)).encrypt(
        bytes(12), file_key, None
    )
    head = b"age-encryption.org/v1\n-> X25519 " + _base64(share) + b"\n" + _base64(wrapped) + b"\n---"
    nonce = os.urandom(_NONCE)
    return head + b" " + _base64(_mac(file_key, head)) + b"\n" + nonce, _aead(file_key, nonce), file_key


def open_file(sealed: bytes, secret: str) -> bytes:
    """Raises Malformed for no such file, Unreadable for another recipient or any changed, missing or added byte."""
    key = secret_key(secret)
    aead, start = resume(sealed[:BEFORE_CHUNKS], key_of_stanzas(key))
    if len(sealed) < start + TAG:
        raise Malformed("age file")
    return _payload(aead, sealed[start:])


def secret_key(secret: str) -> X25519PrivateKey:
    """Of "AGE-SECRET-KEY-1...". Raises Malformed."""
    return X25519PrivateKey.from_private_bytes(_unbech32(_SECRET, secret.strip().lower()))


def resume(sealed: bytes, file_key_of: Callable[[bytes], bytes]) -> tuple[ChaCha20Poly1305, int]:
    """What opens the chunks of a file that begins with these bytes (BEFORE_CHUNKS of them hold any header), and where
    the first chunk begins. `file_key_of` gets the stanzas. Raises Malformed, Unreadable."""
    found = _HEADER.match(sealed[:_HEADER_LIMIT])
    if found is None or len(sealed) < found.end() + _NONCE:
        raise Malformed("age file")
    file_key = file_key_of(found[1])
    head = sealed[: found.start(2) - 1]
    if not hmac.compare_digest(_mac(file_key, head), _unbase64(found[2])):
        raise Unreadable("changed header")
    nonce = sealed[found.end() : found.end() + _NONCE]
    return _aead(file_key, nonce), found.end() + _NONCE


def key_of_stanzas(key: X25519PrivateKey) -> Callable[[bytes], bytes]:
    """For `resume`: the file's key out of the stanza that is for this secret."""
    return lambda stanzas: _file_key(key, stanzas)


def _aead(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))


def _file_key(key: X25519PrivateKey, stanzas: bytes) -> bytes:
    """Out of the stanza that is for this key. Raises Malformed, Unreadable."""
    own = key.public_key().public_bytes_raw()
    for stanza in _OURS.finditer(stanzas):
        share, wrapped = (_unbase64(part) for part in stanza.groups())
        try:
            return ChaCha20Poly1305(_derive(_exchange(key, share), share + own, _WRAP)).decrypt(
                bytes(12), wrapped, None
            )
        except InvalidTag:
            continue
    raise Unreadable("sealed to another")


def _payload(aead: ChaCha20Poly1305, body: bytes) -> bytes:
    step = CHUNK + TAG
    total = -(-len(body) // step)
    try:
        parts = [
            aead.decrypt(count(n, last=n == total - 1), body[n * step : (n + 1) * step], None) for n in range(total)
        ]
    except InvalidTag as fault:
        raise Unreadable("changed payload") from fault
    if total > 1 and not parts[-1]:
        raise Unreadable("empty last chunk")
    return b"".join(parts)


def _exchange(own: X25519PrivateKey, other: bytes) -> bytes:
    """Raises Malformed for a point of small order, with which the secret would be no secret."""
    try:
        return own.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError as fault:
        raise Malformed("public key") from fault


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _mac(file_key: bytes, head: bytes) -> bytes:
    return hmac.new(_derive(file_key, b"", b"header"), head, hashlib.sha256).digest()


def count(number: int, *, last: bool) -> bytes:
    """The nonce of a file's chunk."""
    return struct.pack(">xxxQB", number, last)


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _unbase64(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text + b"=", validate=True)
    except binascii.Error as fault:
        raise Malformed("age file") from fault
    if _base64(data) != text:
        raise Malformed("age file")
    return data


# --- bech32 (BIP 173), without its limit of 90 characters ---


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for n, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> n & 1 else 0
    return check


def _expanded(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _bech32(prefix: str, data: bytes) -> str:
    bits = int.from_bytes(data, "big") << -len(data) * 8 % 5
    count = -(-len(data) * 8 // 5)
    words = [bits >> 5 * (count - 1 - n) & 31 for n in range(count)]
    check = _polymod([*_expanded(prefix), *words, 0, 0, 0, 0, 0, 0]) ^ 1
    words += [check >> 5 * (5 - n) & 31 for n in range(6)]
    return prefix + "1" + "".join(_ALPHABET[word] for word in words)


def _unbech32(prefix: str, text: str) -> bytes:
    """Raises Malformed."""
    body = text.removeprefix(prefix + "1")
    if text != prefix + "1" + body or len(body) != 58 or any(c not in _ALPHABET for c in body):
        raise Malformed("age key")
    words = [_ALPHABET.index(c) for c in body]
    if _polymod([*_expanded(prefix), *words]) != 1:
        raise Malformed("age key")
    bits = 0
    for word in words[:-6]:
        bits = bits << 5 | word
    if bits & 0xF:
        raise Malformed("age key")
    return (bits >> 4).to_bytes(32, "big")
