"""A certificate that a machine makes for itself, so that browsers on its network speak to it unheard."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gatehouse.crypto.errors import Malformed

LIFE = timedelta(days=825)  # the longest that browsers take
EARLIER = timedelta(days=1)  # a tablet's clock may be behind


def self_signed(name: str, addresses: Iterable[str], now: datetime, lasts: timedelta = LIFE) -> bytes:
    """PEM of a new P-256 key and its certificate for these IP addresses and host names, valid from a day before `now`
    on. It signs for itself only and vouches for nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectAlternativeName([_general(address) for address in addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _general(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def ends(pem: bytes) -> datetime:
    """Until when the certificate in this PEM holds. Raises Malformed."""
    return _read(pem).not_valid_after_utc


def issuer(pem: bytes) -> str:
    """The common name of who vouches for it, "" for none. Raises Malformed."""
    named = _read(pem).issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else ""


def fingerprint(pem: bytes) -> str:
    """SHA-256 of the certificate as browsers show it: "AB:CD:...". Raises Malformed."""
    return _read(pem).fingerprint(hashes.SHA256()).hex(":").upper()


def _read(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as fault:
        raise Malformed("certificate") from fault
