"""Where the root key comes from. It wraps the key-encryption key and nothing else.

A source is a systemd credential where the service has one, else a file of mode 0600 beside the store:

    LoadCredentialEncrypted=gatehouse.root-key:/etc/credstore.encrypted/gatehouse.root-key
"""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gatehouse.crypto.sealing import KEY_BYTES, new_key
from gatehouse.keeper.errors import DamagedStore, UnsafeFile
from gatehouse.machine import replace_durably

CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)
CREDENTIAL = "gatehouse.root-key"


class RootKeySource(Protocol):
    """A file or a systemd credential today; a TPM or a KMS later."""

    @property
    def kind(self) -> str:
        """One word for the doctor: file, credential."""

    def exists(self) -> bool:
        """Whether there is a key already."""

    def load(self) -> bytes:
        """32 bytes. Raises UnsafeFile, DamagedStore."""

    def create(self) -> bytes:
        """A new key, durable before it is used. Raises DamagedStore where this source makes none, FileExistsError."""

    def replace(self, key: bytes) -> None:
        """Take this key in place of the one before, whole or not at all. Raises DamagedStore where it cannot."""


def source_of(folder: Path) -> RootKeySource:
    """The source of the keeper whose folder this is, in this process's environment."""
    folder_of_credentials = os.environ.get(CREDENTIALS)
    if folder_of_credentials and (Path(folder_of_credentials) / CREDENTIAL).exists():
        return RootKeyCredential(Path(folder_of_credentials) / CREDENTIAL)
    return RootKeyFile(folder / "root.key")


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise DamagedStore(f"{path} holds no root key")
    return key


@dataclass(frozen=True, slots=True)
class RootKeyFile:
    """The root key as a file that only its owner may read."""

    path: Path
    kind: str = "file"

    def exists(self) -> bool:
        return self.path.exists()

    def load(self) -> bytes:
        """The key. Raises UnsafeFile when others may read it, DamagedStore when it is absent or no key."""
        try:
            status = self.path.stat()
        except FileNotFoundError as fault:
            raise DamagedStore(f"{self.path} is missing: the key store cannot be opened without it") from fault
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise UnsafeFile(f"{self.path} has mode {mode:04o}; run: chmod 600 {self.path}")
        return _read(self.path)

    def create(self) -> bytes:
        """Make the key, durable before it is used: a start that is broken off leaves none that would have to be taken
        for it. Raises FileExistsError, OSError."""
        if self.path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        key = new_key()
        replace_durably(self.path, key)
        return key

    def replace(self, key: bytes) -> None:
        replace_durably(self.path, key)


@dataclass(frozen=True, slots=True)
class RootKeyCredential:
    """The root key as systemd hands it to the keeper's service alone: decrypted by the machine's TPM or host key, in a
    folder that lies in memory. Gatehouse only reads it."""

    path: Path
    kind: str = "credential"

    def exists(self) -> bool:
        return self.path.exists()

    def load(self) -> bytes:
        try:
            return _read(self.path)
        except OSError as fault:
            raise DamagedStore(f"the credential {self.path} cannot be read ({fault.strerror})") from fault

    def create(self) -> bytes:
        raise DamagedStore(f"the credential {self.path} is missing; systemd-creds makes it, not the keeper")

    def replace(self, key: bytes) -> None:
        raise DamagedStore(
            f"the root key is the credential {CREDENTIAL}, which only systemd-creds can replace; roll without --root"
        )
