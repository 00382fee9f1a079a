"""The verbs of the keys above the data keys: roll, recovery key, snapshots.

Only a shell of the keeper's own user sets the recovery key or the root key: whoever could from the server would have
every key sealed to themself.
"""

from gatehouse.crypto.agefile import recipient_key
from gatehouse.crypto.errors import Malformed
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.protocol import (
    AskKeys,
    Done,
    KeepRecovery,
    KeyState,
    Refused,
    Rehearsed,
    Roll,
    TakeSnapshot,
    Text,
)
from gatehouse.keeper.upkeep import NotWritten
from gatehouse.keeper.vault import Vault


def keys(vault: Vault, request: AskKeys) -> KeyState:
    return vault.upkeep.told()


def roll(vault: Vault, request: Roll) -> Text | Refused:
    """By the shell; of the key-encryption key by an owner as well."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.is_shell and not (request.what == "kek" and asker.may("roll")):
        return Refused("not_allowed")
    vault.record("roll", asker, purpose=request.what)
    try:
        if request.what == "root":
            vault.upkeep.roll_root()
        count = vault.upkeep.roll(vault.now())
    except KeeperError as fault:
        return Refused("not_rolled", {"why": str(fault)})
    except OSError as fault:
        return Refused("not_rolled", {"why": fault.strerror or ""})
    return Text(str(count))


def keep_recovery(vault: Vault, request: KeepRecovery) -> Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.is_shell:
        return Refused("not_allowed")
    try:
        recipient_key(request.recipient)
    except Malformed:
        return Refused("bad_request", {"field": "recipient"})
    vault.record("keep_recovery", asker, purpose=request.recipient)
    try:
        vault.upkeep.keep_recovery(request.recipient, vault.now())
    except NotWritten as fault:
        return Refused("not_written", {"why": fault.reason})
    return Done()


def take_snapshot(vault: Vault, request: TakeSnapshot) -> Text | Refused:
    """By the shell and the job `backup`, beside a backup of the data: it then opens every cell in it."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.is_shell and not (asker.job is not None and asker.may("snapshot")):
        return Refused("not_allowed")
    if not vault.upkeep.recipient:
        return Refused("no_recovery_key")
    vault.record("snapshot", asker)
    try:
        return Text(str(vault.upkeep.take(vault.now())))
    except NotWritten as fault:
        return Refused("not_written", {"why": fault.reason})


def rehearsed(vault: Vault, request: Rehearsed) -> Done | Refused:
    """Somebody has shown that the recovery key opens a snapshot."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.is_shell:
        return Refused("not_allowed")
    vault.record("rehearsed", asker)
    vault.upkeep.rehearsed(vault.now())
    return Done()
