"""Which database, from DATABASE_URL or the home."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# FULL: an edge drops its letters when it holds our receipt, so a receipt must survive a power cut.
# secure_delete: what was deleted is overwritten with zeros, so a stolen file holds no ghost rows.
# temp_store: what SQLite sorts and spills stays in memory. cache_size: 64 MiB, so that the index by token, whose
# entries come in no order, does not slow down intake as it grows.
_SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; "
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
)


class DatabaseUrlError(ValueError):
    """DATABASE_URL is no address of a PostgreSQL database."""


def database(url: str | None, home: Path) -> dict[str, Any]:
    """Django's settings of the database. Raises DatabaseUrlError."""
    return _postgres(url) if url else _sqlite(home)


def _sqlite(home: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": home / "server" / "gatehouse.db",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _SQLITE_START},
        "TEST": {"NAME": home / "server" / "test.db"},
    }


def _postgres(url: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name; a host in the query (?host=/run/postgresql) is a socket folder."""
    form = "DATABASE_URL reads postgresql://user:password@host:port/name"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise DatabaseUrlError(form) from fault
    name = parts.path.lstrip("/")
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise DatabaseUrlError(form)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 600,
    }


def fold() -> None:
    """Empty SQLite's write-ahead log: older pages lie in it until then, deleted cells and yesterday's tokens of open
    stays among them. Raises OperationalError when somebody reads too long; try again."""
    from django.db import OperationalError, connection  # noqa: PLC0415  settings import this module

    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if cursor.fetchone()[0]:
            raise OperationalError("the write-ahead log is being read")
