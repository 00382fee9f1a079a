"""Under which name this server is reached, as `run` was told, and whom browsers must trust for it. In memory only."""

from dataclasses import dataclass

from gatehouse.address import Address


@dataclass
class Reached:
    address: Address | None = None
    authority: bytes | None = None  # PEM, where the keeper's own authority vouches


here = Reached()


def origin() -> str:
    """Where people sign in, "" on localhost only."""
    return here.address.origin if here.address else ""
