"""Found by Django's admin at start: the lists of the back office register themselves when they are imported."""

from gatehouse.server.backoffice import accounts, gates, parking, people, work
from gatehouse.server.backoffice.names import name_everything

__all__ = ["accounts", "gates", "parking", "people", "work"]

name_everything()
