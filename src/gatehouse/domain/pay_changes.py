"""What a payslip has become since the one before: which line changed, by how much, and because of which factor.

Pure: two payslips in, the changed lines out, the largest change first. Nothing is guessed: a factor is named when its
value is another one, a line when it came or went.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from gatehouse.domain.earnings import PayLine, Section
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payroll import Payslip


class Kind(StrEnum):
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FactorChange:
    """A factor with another value than before; None where it was not there."""

    name: str
    before: Fraction | None
    now: Fraction | None


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line (the sum of those of one code, section and month) that comes to another amount than before."""

    kind: Kind
    code: str
    section: Section
    before: Money
    now: Money
    because: tuple[FactorChange, ...]
    of_month: Month | None = None

    @property
    def difference(self) -> Money:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class SlipChange:
    """From one payslip to the next. The changes of the lines add up to that of the net."""

    net_before: Money
    net_now: Money
    lines: tuple[LineChange, ...]

    @property
    def difference(self) -> Money:
        return self.net_now - self.net_before


_Key = tuple[str, Section, Month | None]


def changes(before: Payslip | None, now: Payslip) -> SlipChange:
    """Against `before`, or against nothing for somebody's first payslip. A payslip in another currency counts as
    none: two currencies have no difference."""
    if before is not None and before.currency != now.currency:
        before = None
    old, new = _by_key(before.lines if before else ()), _by_key(now.lines)
    found = [
        change
        for key in [*new, *(key for key in old if key not in new)]
        if (change := _change(key, old.get(key, []), new.get(key, []), now.currency)) is not None
    ]
    found.sort(key=lambda change: -abs(change.difference.minor))
    return SlipChange(before.net if before else Money.zero(now.currency), now.net, tuple(found))


def _by_key(lines: Iterable[PayLine]) -> dict[_Key, list[PayLine]]:
    """Lines of one code together: basic pay before and after a raise, the weeks of a month."""
    found: dict[_Key, list[PayLine]] = {}
    for line in lines:
        found.setdefault((line.code, line.section, line.of_month), []).append(line)
    return found


def _change(key: _Key, old: list[PayLine], new: list[PayLine], currency: str) -> LineChange | None:
    before, now = (total((line.amount for line in lines), currency) for lines in (old, new))
    if before == now:
        return None
    kind = Kind.CHANGED if old and new else Kind.NEW if new else Kind.GONE
    code, section, of_month = key
    return LineChange(kind, code, section, before, now, _factors(old, new), of_month)


def _factors(old: list[PayLine], new: list[PayLine]) -> tuple[FactorChange, ...]:
    """Of a line that is single in both: what multiplies or leads to it, where it differs."""
    if len(old) != 1 or len(new) != 1:
        return ()
    was = {factor.name: factor.value for factor in old[0].because}
    is_ = {factor.name: factor.value for factor in new[0].because}
    names = [*is_, *(name for name in was if name not in is_)]
    return tuple(FactorChange(name, was.get(name), is_.get(name)) for name in names if was.get(name) != is_.get(name))


def starts_or_ends(change: SlipChange) -> bool:
    """Basic pay came, went, or is paid for another share of the month: somebody joined, left or changed terms."""
    return any(line.code == "basic" for line in change.lines)


def large(change: SlipChange, share: Fraction = Fraction(1, 10)) -> bool:
    """Net changed by more than this share of what it was; a first payslip is large."""
    return abs(change.difference.minor) > share * abs(change.net_before.minor)
