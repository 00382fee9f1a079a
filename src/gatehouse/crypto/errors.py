"""What can go wrong with bytes. No message ever repeats any of them."""


class CryptoError(Exception):
    """The one family of this room."""


class Malformed(CryptoError):
    """Bytes that are no cell, letter, key or checkpoint of a known version."""


class Unreadable(CryptoError):
    """Authentication failed: another key, label, row or owner, or changed bytes. Nothing tells which."""


class BadSignature(CryptoError):
    """A signature that this key did not make over these bytes."""


class TooLong(CryptoError):
    """A plaintext or name beyond what the format can carry."""
