"""What a shell of the keeper's own user may do without a ticket: invite the first owner, enrol an edge.

The right is a file, HOME/keeper/shell.token (mode 0600, new at every start of the keeper): whoever can read it may
write its text where a ticket stands. It opens nothing about a person; it invites and enrols, and the log says "shell".
"""

from pathlib import Path

from gatehouse.crypto.signing import PublicKeys
from gatehouse.keeper.client import Client, KeeperAway
from gatehouse.keeper.protocol import Authority, Role
from gatehouse.keeper.vault import SHELL_FILE


def socket_path(home: Path) -> Path:
    return home / "keeper" / "keeper.sock"


def shell_authority(home: Path) -> Authority:
    """Raises KeeperAway when the keeper never ran here, PermissionError for another user."""
    try:
        return Authority(ticket=(home / "keeper" / SHELL_FILE).read_text("ascii"))
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise KeeperAway("the keeper never ran in this home") from fault


def invite_operator(home: Path, actor: str, role: Role = Role.OWNER, sites: tuple[str, ...] = ()) -> str:
    """A one-time sign-in code. Raises KeeperAway, KeeperRefused, PermissionError."""
    client = Client(socket_path(home))
    try:
        return client.invite(actor, role, shell_authority(home), sites=sites)
    finally:
        client.close()


def enrol_edge(home: Path, edge: str, site: str, zone: str, keys: PublicKeys) -> None:
    """Admit an edge by its public keys. Raises KeeperAway, KeeperRefused, PermissionError."""
    client = Client(socket_path(home))
    try:
        client.enrol_edge(edge, site, zone, sign_key=keys.sign_key, seal_key=keys.seal_key, by=shell_authority(home))
    finally:
        client.close()
