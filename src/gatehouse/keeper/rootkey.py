"""Where the root key comes from. It wraps the key-encryption key and nothing else."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gatehouse.crypto.sealing import KEY_BYTES, new_key
from gatehouse.keeper.errors import DamagedStore, UnsafeFile


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
        """Make the key, durable before it is used. Raises FileExistsError."""
        key = new_key()
        write_secret(self.path, key)
        return key


def write_secret(path: Path, data: bytes) -> None:
    """A new file of mode 0600, on disk when this returns. It gets its name only when it is whole: a crash or a full
    disk leaves none that would have to be taken for the secret. Raises FileExistsError, OSError."""
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if os.write(handle, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(draft))
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(draft, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
