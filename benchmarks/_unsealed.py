"""Imported before anything of Gatehouse's: where the command line says FLAG, every cipher, key exchange and signature
of this process is a copy that gives as many bytes and does no work. What then runs is the same code without sealing.
"""

import sys

from gatehouse.crypto import signing

FLAG = "--unsealed"


class Copied:
    """In place of a cipher."""

    def __init__(self, key: bytes) -> None:
        pass

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        return data + bytes(16)

    def decrypt(self, nonce: bytes, text: bytes, aad: bytes) -> bytes:
        return text[:-16]


def unseal_everything() -> None:
    signing.sign = lambda sign_key, message: bytes(64)
    signing.verify = lambda verify_key, message, signature: True
    from gatehouse.crypto import letters, sealing  # noqa: PLC0415  they take the copies above

    sealing.AESGCM = sealing.AESGCMSIV = Copied
    letters.hpke_seal = lambda data, **_: bytes(32) + data + bytes(16)
    letters.hpke_open = lambda sealed, **_: sealed[32:-16]


if FLAG in sys.argv:
    unseal_everything()
