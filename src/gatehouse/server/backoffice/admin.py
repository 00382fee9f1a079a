"""Found by Django's admin at start: the lists of the back office register themselves when they are imported."""

from gatehouse.server.backoffice import accounts, gates, parking, people, work

__all__ = ["accounts", "gates", "parking", "people", "work"]
