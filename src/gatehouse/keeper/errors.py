"""How the keeper fails. A refusal is a reply (`protocol.Refused`); these mean that the world is broken.
No message holds personal data or key material."""


class KeeperError(Exception):
    """The one family of this room."""


class UnsafeFile(KeeperError):
    """A secret file or folder that others may read; the message says the path and the mode that it needs."""


class AlreadyRunning(KeeperError):
    """Another keeper has this home open."""


class DamagedStore(KeeperError):
    """The key store does not open under this root key."""


class DamagedLog(KeeperError):
    """The log was cut or rewritten: it does not agree with itself or with the last checkpoint."""


class LogFull(KeeperError):
    """The log could not be made durable, so nothing more may leave until the keeper is restarted."""
