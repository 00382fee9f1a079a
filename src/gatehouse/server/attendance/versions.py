"""Which rules of a pattern hold on which date."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from gatehouse.domain.shifts import ShiftPattern as ShiftPatternFact
from gatehouse.server.attendance.models import ShiftPattern
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.attendance.roster_models import PatternVersion


class Versions:
    """The rules of these patterns by date, each made into a fact once."""

    def __init__(self, patterns: Iterable[ShiftPattern]) -> None:
        self._later: dict[UUID, list[PatternVersion]] = {}
        self._facts: dict[UUID, ShiftPatternFact] = {}
        ids = {pattern.pk for pattern in patterns}
        for row in PatternVersion.objects.filter(pattern_id__in=ids).order_by("-since"):
            self._later.setdefault(row.pattern_id, []).append(row)

    def on(self, pattern: ShiftPattern, day: date) -> ShiftPatternFact:
        """The pattern as it holds for a shift of this date."""
        held = next((row for row in self._later.get(pattern.pk, ()) if row.since <= day), None)
        key, rules = (held.pk, held.rules) if held else (pattern.pk, pattern.rules)
        if key not in self._facts:
            self._facts[key] = pattern_fact(pattern.code, rules)
        return self._facts[key]

    def rules_on(self, pattern: ShiftPattern, day: date) -> dict[str, object]:
        """The same as numbers, as they are stored."""
        held = next((row for row in self._later.get(pattern.pk, ()) if row.since <= day), None)
        return dict(held.rules if held else pattern.rules)

    def later_than(self, pattern: ShiftPattern, day: date) -> list[PatternVersion]:
        """Versions that begin after this date, the next first."""
        return [row for row in reversed(self._later.get(pattern.pk, ())) if row.since > day]
