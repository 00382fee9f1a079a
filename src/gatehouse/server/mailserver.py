"""The mail server of this installation, from one address: smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS from the
first byte. smtp:// is encrypted by STARTTLS too, but for a mail server on this very machine."""

from urllib.parse import unquote, urlsplit

LOCAL = {"localhost", "127.0.0.1", "::1"}
TIMEOUT_S = 10


def mail_settings(address: str, sender: str) -> dict[str, object]:
    """Django's settings, empty where no mail is sent. Raises ValueError for an address that is none."""
    if not address:
        return {}
    parts = urlsplit(address)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("GATEHOUSE_SMTP is smtp://USER:PASSWORD@HOST:PORT or smtps://...")
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 25 if parts.hostname in LOCAL else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and parts.hostname not in LOCAL,
        "EMAIL_TIMEOUT": TIMEOUT_S,
        "DEFAULT_FROM_EMAIL": sender or f"gatehouse@{parts.hostname}",
    }
