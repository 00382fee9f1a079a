"""X.509 for one installation: an authority that may speak for one name only, and what it signs. PEM in, PEM out.

    make_authority(seed, name, now) -> pem                 the same seed gives the same key, so no key file exists
    new_server_key() -> pem
    ask(key, names, addresses) -> csr
    issue(seed, authority, csr, name=, now=) -> pem        raises Malformed for a request beyond the name
    check(certificate, key, name, now) -> datetime         until when; raises Unfit with the reason
    until(certificate) -> datetime;  fingerprint(certificate) -> "AB:CD:..."

The authority's certificate carries critical name constraints (RFC 5280, 4.2.1.10): whoever trusts it on a tablet
trusts it for this name and for private addresses, and a thief of its key can pretend to be no other site.
"""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from gatehouse.crypto.errors import CryptoError, Malformed
from gatehouse.crypto.keyring import derive

AUTHORITY_LIVES = timedelta(days=3650)
CERTIFICATE_LIVES = timedelta(days=90)
_BACK = timedelta(hours=24)  # tablets with a clock that is behind
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5
_PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip
_NETWORKS = tuple(map(ipaddress.ip_network, _PRIVATE))
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unfit(CryptoError):
    """A certificate that cannot serve; the text says why, for whoever runs the site."""


def is_private(address: str) -> bool:
    """Whether the authority may vouch for this address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _NETWORKS if network.version == found.version)


def _authority_key(seed: bytes, name: str) -> ec.EllipticCurvePrivateKey:
    """512 derived bits for a 256-bit scalar: no value is more likely than another (FIPS 186-5, A.2.1)."""
    wide = derive(seed, "authority/1", name.encode(), b"high") + derive(seed, "authority/1", name.encode(), b"low")
    return ec.derive_private_key(int.from_bytes(wide, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def make_authority(seed: bytes, name: str, now: datetime) -> bytes:
    key = _authority_key(seed, name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Gatehouse {name}"[:64])])
    permitted: list[x509.GeneralName] = [x509.DNSName(name), *(x509.IPAddress(network) for network in _NETWORKS)]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + AUTHORITY_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def new_server_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def ask(key: bytes, names: Sequence[str], addresses: Sequence[str] = ()) -> bytes:
    """A request for a certificate of these names and addresses, signed by the key that it is for."""
    private = serialization.load_pem_private_key(key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    wanted: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    wanted += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName(wanted), critical=True)
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def issue(seed: bytes, authority: bytes, csr: bytes, *, name: str, now: datetime) -> bytes:
    """A certificate of 90 days for `name`, and for the private addresses that the request names."""
    names, public = _wanted(csr)
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = names.get_values_for_type(x509.IPAddress)
    if not hosts or any(host != name for host in hosts) or not all(is_private(str(one)) for one in addresses):
        raise Malformed("certificate request")
    if len(names) != len(hosts) + len(addresses):
        raise Malformed("certificate request")
    key, issuer = _authority_key(seed, name), x509.load_pem_x509_certificate(authority)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(min(now + CERTIFICATE_LIVES, issuer.not_valid_after_utc))
        .add_extension(names, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _wanted(csr: bytes) -> tuple[x509.SubjectAlternativeName, ec.EllipticCurvePublicKey]:
    """What a request asks for, and its key. Raises Malformed."""
    try:
        asked = x509.load_pem_x509_csr(csr)
        names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        public = asked.public_key()
        proven = asked.is_signature_valid
    except (ValueError, x509.ExtensionNotFound, InvalidSignature) as fault:
        raise Malformed("certificate request") from fault
    if not proven or not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise Malformed("certificate request")
    return names, public


def check(certificate: bytes, key: bytes, name: str, now: datetime) -> datetime:
    """Until when this certificate (the first of the file) and this key serve `name`."""
    try:
        found = x509.load_pem_x509_certificates(certificate)[0]
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as fault:
        raise Unfit(
            "the certificate or its key cannot be read; both are PEM files, the key without a password"
        ) from fault
    if found.public_key() != private.public_key():
        raise Unfit("the key does not belong to the certificate")
    if now >= found.not_valid_after_utc:
        raise Unfit(f"the certificate ended on {found.not_valid_after_utc:%Y-%m-%d}; renew it")
    if now < found.not_valid_before_utc:
        raise Unfit(f"the certificate begins on {found.not_valid_before_utc:%Y-%m-%d}; is this machine's clock right?")
    if not _is_for(found, name):
        raise Unfit(f"the certificate is not for {name}")
    return found.not_valid_after_utc


def _is_for(certificate: x509.Certificate, name: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    one_up = "*." + name.partition(".")[2]
    return any(host.lower() in (name, one_up) for host in names.get_values_for_type(x509.DNSName))


def until(certificate: bytes) -> datetime:
    return x509.load_pem_x509_certificates(certificate)[0].not_valid_after_utc


def as_der(certificate: bytes) -> bytes:
    """As phones like to download it."""
    return x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER)


def fingerprint(certificate: bytes) -> str:
    """SHA-256, as every system's certificate dialog shows it."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex(":").upper()


def vouches(authority: bytes, certificate: bytes, name: str, now: datetime) -> bool:
    """Whether a client that trusts `authority` takes `certificate` for `name` at that time."""
    store = Store([x509.load_pem_x509_certificate(authority)])
    try:
        verifier = PolicyBuilder().store(store).time(now).build_server_verifier(x509.DNSName(name))
        verifier.verify(x509.load_pem_x509_certificate(certificate), [])
    except VerificationError:
        return False
    return True
