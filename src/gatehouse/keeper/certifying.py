"""The installation's own certificate authority. Its key is derived from one of the keeper's own keys and lies in no
file; its certificate is a fact of the store, one for each name."""

from gatehouse.crypto import certificates
from gatehouse.crypto.errors import Malformed
from gatehouse.keeper.protocol import Certified, Certify, Refused
from gatehouse.keeper.vault import Asker, Vault


def certify(vault: Vault, request: Certify) -> Certified | Refused:
    """Anyone on the socket: whoever owns the web process speaks for that name already, and gets no other."""
    name = vault.origin_at.name
    if name == "localhost":
        return Refused("not_allowed")
    authority = _authority(vault, name)
    try:
        made = certificates.issue(vault.store.own_key("tls"), authority, request.csr, name=name, now=vault.now())
    except Malformed:
        return Refused("bad_request")
    vault.record("certify", Asker("", ""), purpose=name)
    return Certified(made, authority)


def _authority(vault: Vault, name: str) -> bytes:
    """The one that tablets trust already, until its last half year."""
    known = vault.store.fact(f"authority:{name}")
    if known is not None and certificates.until(known) - vault.now() > certificates.AUTHORITY_LIVES / 20:
        return known
    made = certificates.make_authority(vault.store.own_key("tls"), name, vault.now())
    vault.store.set_fact(f"authority:{name}", made)
    return made
