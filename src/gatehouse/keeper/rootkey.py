"""Where the root key comes from. It wraps the key-encryption key and nothing else."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gatehouse.crypto.sealing import KEY_BYTES, new_key
from gatehouse.keeper.errors import DamagedStore, UnsafeFile
from gatehouse.machine import replace_durably


class RootKeySource(Protocol):
    """A file today; a systemd credential, a TPM or a KMS later."""

    def load(self) -> bytes:
        """32 bytes. Raises UnsafeFile, DamagedStore."""


@dataclass(frozen=True, slots=True)
class RootKeyFile:
    """The root key as a file that only its owner may read."""

    path: Path

    def load(self) -> bytes:
        """The key. Raises UnsafeFile when others may read it, DamagedStore when it is absent or no key."""
        try:
            status = self.path.stat()
        except FileNotFoundError as fault:
            raise DamagedStore(f"{self.path} is missing: the key store cannot be opened without it") from fault
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise UnsafeFile(f"{self.path} has mode {mode:04o}; run: chmod 600 {self.path}")
        key = self.path.read_bytes()
        if len(key) != KEY_BYTES:
            raise DamagedStore(f"{self.path} holds no root key")
        return key

    def create(self) -> bytes:
        """Make the key, durable before it is used: a start that is broken off leaves none that would have to be taken
        for it. Raises FileExistsError, OSError."""
        if self.path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        key = new_key()
        replace_durably(self.path, key)
        return key
