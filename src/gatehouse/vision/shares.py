"""How sure a counted share is."""

from __future__ import annotations

import math

_Z = 1.96  # two-sided 95 %


def interval(events: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of events / trials, in [0, 1]; (0, 1) when nothing was tried.

    Trials are taken as independent. Source: E. B. Wilson, JASA 22 (1927).
    """
    if trials <= 0:
        return 0.0, 1.0
    rate = events / trials
    centre = rate + _Z * _Z / (2 * trials)
    spread = _Z * math.sqrt(rate * (1 - rate) / trials + _Z * _Z / (4 * trials * trials))
    scale = 1 + _Z * _Z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
