"""The installation's own authority: good for one name, and its certificates for what was asked within it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gatehouse.crypto import certificates
from gatehouse.crypto.errors import Malformed

NOW = datetime(2026, 3, 10, tzinfo=UTC)
SEED, NAME = b"s" * 32, "gate.example"
AUTHORITY = certificates.make_authority(SEED, NAME, NOW)


def issued(names=(NAME,), addresses=(), name=NAME):
    csr = certificates.ask(certificates.new_server_key(), names, addresses)
    return certificates.issue(SEED, AUTHORITY, csr, name=name, now=NOW)


def test_a_certificate_is_taken_for_its_name_while_it_holds_and_for_no_other() -> None:
    made = issued(addresses=("192.168.1.5", "fd00::5"))
    assert certificates.vouches(AUTHORITY, made, NAME, NOW)
    assert certificates.vouches(AUTHORITY, made, NAME, NOW + timedelta(days=89))
    assert not certificates.vouches(AUTHORITY, made, NAME, NOW + timedelta(days=91))
    assert not certificates.vouches(AUTHORITY, made, "bank.example", NOW)
    assert certificates.until(made) == NOW + certificates.CERTIFICATE_LIVES


@pytest.mark.parametrize("names", [("bank.example",), (NAME, "bank.example"), (f"a.{NAME}",), ()])
def test_no_certificate_is_made_for_another_name(names) -> None:
    with pytest.raises(Malformed):
        issued(names)


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::1", "8.8.8.8"])
def test_no_certificate_is_made_for_an_address_of_the_internet(address) -> None:
    with pytest.raises(Malformed):
        issued(addresses=(address,))


def test_a_request_that_its_key_did_not_sign_or_of_another_kind_of_key_is_refused() -> None:
    asked = certificates.ask(certificates.new_server_key(), [NAME])
    der = bytearray(x509.load_pem_x509_csr(asked).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=True)
    other = builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(serialization.Encoding.PEM)
    for csr in (forged, other, b"", b"no request"):
        with pytest.raises(Malformed):
            certificates.issue(SEED, AUTHORITY, csr, name=NAME, now=NOW)


def test_a_stolen_authority_vouches_for_no_other_site() -> None:
    """What a tablet trusts is held to its name by the tablet itself, whatever a thief signs with the key."""
    key = certificates._authority_key(SEED, NAME)
    issuer = x509.load_pem_x509_certificate(AUTHORITY)
    leaf = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(leaf.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    assert not certificates.vouches(AUTHORITY, forged, "bank.example", NOW)


def test_the_same_seed_is_the_same_authority_and_another_name_another() -> None:
    again = certificates.make_authority(SEED, NAME, NOW)
    assert certificates.vouches(again, issued(), NAME, NOW)
    assert not certificates.vouches(certificates.make_authority(b"t" * 32, NAME, NOW), issued(), NAME, NOW)


def test_an_own_certificate_is_refused_with_the_reason() -> None:
    key, other = certificates.new_server_key(), certificates.new_server_key()
    made = certificates.issue(SEED, AUTHORITY, certificates.ask(key, [NAME]), name=NAME, now=NOW)
    assert certificates.check(made, key, NAME, NOW) == NOW + certificates.CERTIFICATE_LIVES
    for certificate, its_key, name, at, why in (
        (made, other, NAME, NOW, "does not belong"),
        (made, key, "bank.example", NOW, "is not for bank.example"),
        (made, key, NAME, NOW + timedelta(days=90), "ended on"),
        (made, key, NAME, NOW - timedelta(days=2), "begins on"),
        (b"nothing", key, NAME, NOW, "cannot be read"),
    ):
        with pytest.raises(certificates.Unfit, match=why):
            certificates.check(certificate, its_key, name, at)
