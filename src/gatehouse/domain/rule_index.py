"""Rules found by gate and group, so that a decision costs the same under ten rules and under ten thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatehouse.domain.policy import Rule


@dataclass(frozen=True, slots=True, eq=False)
class RuleIndex:
    """Of one tuple of rules; each keeps its place in it."""

    rules: tuple[Rule, ...]
    by_gate: Mapping[str, tuple[int, ...]]
    by_group: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)  # of gates that were asked for

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> RuleIndex:
        places: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            for gate in rule.gates:
                places.setdefault(gate, []).append(place)
        return cls(rules, {gate: tuple(found) for gate, found in places.items()})

    def naming(self, gate: str, groups: Iterable[str]) -> list[Rule]:
        """The rules that name this gate and one of these groups, in their order."""
        held = self.by_group.get(gate)
        if held is None:
            held = self.by_group[gate] = self._groups_at(gate)
        return [self.rules[place] for place in sorted({place for one in groups for place in held.get(one, ())})]

    def _groups_at(self, gate: str) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for place in self.by_gate.get(gate, ()):
            for group in self.rules[place].groups:
                found.setdefault(group, []).append(place)
        return {group: tuple(places) for group, places in found.items()}
