"""How sure a counted share is."""

from __future__ import annotations

import math

_Z = 1.96  # two-sided 95 %


def interval(events: int, trials: int, z: float = _Z) -> tuple[float, float]:
    """Wilson's score interval of events / trials, in [0, 1]; 95 % unless another `z` is given, (0, 1) when nothing was
    tried.

    Trials are taken as independent. Source: E. B. Wilson, JASA 22 (1927).
    """
    if trials <= 0:
        return 0.0, 1.0
    rate = events / trials
    centre = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
