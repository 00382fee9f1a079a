"""An authenticator in software: what a phone answers to a browser's `navigator.credentials`."""

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

from gatehouse.keeper.protocol import AddPasskey, PasskeySignIn

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def client_data(kind: str, challenge: bytes, origin: str, **more: object) -> bytes:
    text = urlsafe_b64encode(challenge).decode().rstrip("=")
    return json.dumps({"type": kind, "challenge": text, "origin": origin, "crossOrigin": False} | more).encode()


@dataclass(frozen=True)
class Phone:
    origin: str = "http://localhost:8000"
    rp_id: str = "localhost"
    counter: int = 0
    flags: int = PRESENT | VERIFIED
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def but(self, **changed: object) -> "Phone":
        """The same phone, somewhere else or in another state."""
        return replace(self, **changed)  # type: ignore[arg-type]

    def _data(self, more: bytes = b"", flags: int = 0) -> bytes:
        head = hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | flags])
        return head + self.counter.to_bytes(4, "big") + more

    def make(self, challenge: bytes, ticket: str, kind: str = "webauthn.create") -> AddPasskey:
        cose = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        held = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(held, ATTESTED)}
        return AddPasskey(ticket, client_data(kind, challenge, self.origin), cbor.encode(attestation))

    def use(self, challenge: bytes, kind: str = "webauthn.get", **more: object) -> PasskeySignIn:
        said, data = client_data(kind, challenge, self.origin, **more), self._data()
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return PasskeySignIn(self.id, said, data, signature)
