"""Bytes in, bytes out: the only room that uses `cryptography`. It knows no table, no clock and no file.

    sealing   cells of the database, padding, wrapped keys
    keyring   keys derived from keys; day tokens
    signing   Ed25519 and X25519 key pairs, the edge's request header, the edge's sealed cache
    letters   letters from an edge to the keeper, and what the keeper re-seals to an edge
    tokens    the signed text of passes and receipts
    merkle    the RFC 6962 tree of the keeper's log and its C2SP checkpoints

docs/specs/keeper.md says every byte.
"""
