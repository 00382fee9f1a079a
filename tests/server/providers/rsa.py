"""Keys and signatures of the stand-ins, made with the primitives and not with the libraries that we use."""

import base64
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """One key per name and run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str) -> str:
    made = key(name).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.decode()


def public_pem(name: str) -> str:
    found = key(name).public_key()
    return found.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def sign(name: str, text: str) -> str:
    return base64.b64encode(key(name).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(name: str, text: str, signature: str) -> bool:
    try:
        found = base64.b64decode(signature)
        key(name).public_key().verify(found, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
