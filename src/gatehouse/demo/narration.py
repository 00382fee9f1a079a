"""The story in the terminal: at which hour of the story, what happened, and in plain words what was seen of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from gatehouse.demo.acts import Facts, Told
from gatehouse.domain.money import Money, decimal_text

_REASONS = {
    "rule": "let in by the site's rule",
    "permit": "known by a permit",
    "visitor": "a visitor who takes a stay",
    "unpaid": "held: the stay is not paid",
    "unknown_face": "refused: this face is not enrolled",
}
_MEANS = {"face": "known by face", "pass": "known by QR pass"}
_MEASURES = {
    "punctuality": "punctuality",
    "attendance_rate": "attendance",
    "late_minutes": "minutes late",
    "overtime_minutes": "minutes of overtime",
    "absence_days": "days absent",
}
_INDENT = " " * 13


@dataclass(frozen=True, slots=True)
class Narrator:
    """Prints each step as it is told. `zone` is the site's, in which the story's hours are given."""

    say: Console
    zone: ZoneInfo

    def __call__(self, headline: str, told: Told, at: datetime) -> None:
        mark = "[green]✓[/]" if told.ok else "[bold red]✗[/]"
        when = at.astimezone(self.zone)
        self.say.print(f"[dim]{when:%a %H:%M}[/]  {mark} {escape(headline)} [dim]({told.ms / 1000:.1f} s)[/]")
        for line in lines(told.facts):
            self.say.print(f"{_INDENT}[dim]{escape(line)}[/]")


def lines(facts: Facts) -> list[str]:
    """What a step saw, in words; every fact is told in one of the lines."""
    left = dict(facts)
    told = [
        _joined(_outcome(left), _gate(left)),
        _joined(_money(left)),
        *_payslip(left),
        _joined(_workdays(left)),
        _joined(_performance(left)),
        _joined(_drill(left)),
        _joined(_other(left)),
    ]
    return [line for line in told if line]


def _joined(*groups: list[str]) -> str:
    return ", ".join(phrase for group in groups for phrase in group)


def _outcome(left: Facts) -> list[str]:
    left.pop("outcome", None)  # the reason says it, too
    said = [_REASONS.get(reason, reason) for reason in _taken(left, "reason")]
    return said + [_MEANS.get(means, means) for means in _taken(left, "means")]


def _gate(left: Facts) -> list[str]:
    said = [f"{_count(faces, 'face')} seen" for faces in _taken(left, "faces_detected") if faces]
    said += [f"{' and '.join(killed)} killed" for killed in _taken(left, "killed")]
    left.pop("signal", None)  # always the same: -9
    said += [_opened(times) for times in _taken(left, "opened")]
    said += [f"confirmed by the {by}" for by in _taken(left, "confirmed_by")]
    return said + [f"{_count(stays, 'stay')} open" for stays in _taken(left, "open_stays")]


def _opened(times: int) -> str:
    return {0: "stays shut", 1: "opens once"}.get(times, f"opens {times} times")


def _money(left: Facts) -> list[str]:
    if "amount" not in left:
        return []
    currency = left.pop("currency")
    paid = left.pop("provider", None)
    amount = _amount(left.pop("amount"), currency)
    if paid is not None:
        held = [f"{_amount(minor, currency)} was asked before the crash" for minor in _taken(left, "held")]
        return [f"{amount} paid (the {paid} provider: no real money)", *held]
    places = [place for key, place in _PLACES if left.pop(key, False)]
    return [f"{amount} asked {' and '.join(places)}"]


_PLACES = (("on_display", "on the exit's display"), ("on_page", "on the driver's page"))


def _payslip(left: Facts) -> list[str]:
    if "net_minor" not in left:
        return []
    currency, net = left.pop("currency"), left.pop("net_minor")
    said = [f"{line['code'].replace('_', ' ')}: {_amount(line['minor'], currency)}" for line in left.pop("lines")]
    return [*said, f"{left.pop('state')}: {_amount(net, currency)} net"]


def _workdays(left: Facts) -> list[str]:
    if "hours" not in left:
        return []
    left.pop("workdays")
    days = zip(left.pop("hours"), left.pop("late_min"), strict=True)
    return [f"{hours:.2f} h {f'and {late} min late' if late else 'and on time'}" for hours, late in days]


def _performance(left: Facts) -> list[str]:
    return [f"{words}: {value}" for key, words in _MEASURES.items() for value in _taken(left, key)]


def _drill(left: Facts) -> list[str]:
    if "needles" not in left:
        return []
    files, size, needles, found = (left.pop(key) for key in ("files", "bytes", "needles", "found"))
    searched = (
        f"{needles:,} names, plates, cards, contacts, faces and links looked for in {files} files ({size:,} bytes)"
    )
    return [f"{searched}: {found} found"]


def _other(left: Facts) -> list[str]:
    return [f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in left.items()]


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _taken(left: Facts, key: str) -> list[Any]:
    return [left.pop(key)] if key in left else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _amount(minor: int, currency: str) -> str:
    return f"{currency} {decimal_text(Money(minor, currency))}"
