"""A round of questions to providers that the server's ticker asks: short, whoever is away.

The ticker does everything else of the server too. A provider that does not answer costs a round one wait, not one per
payment, and a round ends after a while; what it did not come to, the next one does.
"""

from collections.abc import Hashable

from gatehouse.clock import monotonic_s

LASTS_S = 5.0


class Round:
    """Begins when it is made."""

    def __init__(self) -> None:
        self._ends_s = monotonic_s() + LASTS_S
        self._away: set[Hashable] = set()

    def may_ask(self, account: Hashable) -> bool:
        return account not in self._away and monotonic_s() < self._ends_s

    def is_away(self, account: Hashable) -> None:
        """Ask it nothing more in this round."""
        self._away.add(account)
