"""What a shell of the keeper's own user does to the keys above the data keys, through the keeper that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from gatehouse.crypto.agefile import Identity, new_identity
from gatehouse.keeper.client import Client, KeeperAway, KeeperRefused
from gatehouse.keeper.local import shell_authority, socket_path
from gatehouse.keeper.protocol import Authority, KeyState


class CannotCare(Exception):
    """Why not, and what to do."""


@contextmanager
def shell(home: Path) -> Iterator[tuple[Client, Authority]]:
    """The keeper and the shell's right. Raises CannotCare for whatever it answers but what was asked."""
    client = Client(socket_path(home), timeout_s=600)
    try:
        yield client, shell_authority(home)
    except KeeperAway as fault:
        raise CannotCare(f"no keeper answers in {home}; start it first: gatehouse up --home {home}") from fault
    except KeeperRefused as fault:
        why = f" ({fault.facts['why']})" if fault.facts.get("why") else ""
        raise CannotCare(f"the keeper refused: {fault.code}{why}") from fault
    except PermissionError as fault:
        raise CannotCare(f"only the user that owns {home / 'keeper'} may do this") from fault
    finally:
        client.close()


def roll(home: Path, what: Literal["kek", "root"]) -> int:
    """How many keys were wrapped anew. Raises CannotCare."""
    with shell(home) as (keeper, by):
        return keeper.roll(what, by)


def state(home: Path) -> KeyState:
    """Raises CannotCare."""
    with shell(home) as (keeper, _):
        return keeper.keys()


def new_recovery_key(home: Path, *, replace: bool) -> Identity:
    """One that nobody knows of yet: show it, then `keep` it. Raises CannotCare when there is one and it is not to be
    replaced."""
    if state(home).recipient and not replace:
        raise CannotCare(
            "there is a recovery key already; was it lost, or seen by others? Then add --replace and make another"
        )
    return new_identity()


def shown(identity: Identity, home: Path) -> Iterator[str]:
    """What is printed once. The secret stands nowhere else."""
    yield "The recovery key, shown this once and kept nowhere:"
    yield ""
    yield f"  {identity.secret}"
    yield ""
    yield "Print it or write it down, and keep it away from this machine. Whoever has it and a copy of the backups can"
    yield "read everything; without it no backup can be restored. Then try it: "
    yield f"  gatehouse keeper rehearse --home {home}"


def keep(home: Path, identity: Identity) -> None:
    """From now on key snapshots are sealed to its public half. Raises CannotCare."""
    with shell(home) as (keeper, by):
        keeper.keep_recovery(identity.recipient, by)
