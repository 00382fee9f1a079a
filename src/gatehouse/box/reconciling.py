"""`gatehouse parking reconcile`: a date's money against the providers' statements, from a terminal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from gatehouse.clock import from_environment


class NoDate(ValueError):
    """What was typed is no date that can be compared."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One account's date. `fault` is why there was no statement, "" when there was."""

    site: str
    provider: str
    day: str
    fault: str
    rows: int
    paid: str
    returned: str
    differences: list[str]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def compared(home: Path, typed: str) -> list[Compared]:
    """Of every site and account. Raises NoDate, KeeperAway."""
    day = _day(typed)
    clock = from_environment()
    from gatehouse.server.run import prepare  # noqa: PLC0415  Django is set up for this home first

    prepare(home, clock)
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from gatehouse.domain.money import Money, decimal_text  # noqa: PLC0415
    from gatehouse.domain.periods import DAY, local_date  # noqa: PLC0415
    from gatehouse.server.audit.by import By  # noqa: PLC0415
    from gatehouse.server.parking import money_queries, reconciling  # noqa: PLC0415
    from gatehouse.server.people.queries import all_sites  # noqa: PLC0415

    found = []
    for site in all_sites():
        today = local_date(clock.now(), ZoneInfo(site.zone))
        if day is not None and day > today:
            raise NoDate(f"{day} is not over yet; write a date up to {today}")
        of = day or today - DAY
        for made in reconciling.compare_day(site, of, by=By.job("statements"), at=clock.now()):
            odd = [
                f"{one.kind} {one.subject}: here {_minor(one.ours_minor)}, there {_minor(one.theirs_minor)}"
                for one in money_queries.differences([site]).filter(statement=made)
            ]
            paid = decimal_text(Money(made.paid_minor, site.currency))
            back = decimal_text(Money(made.refunded_minor, site.currency))
            found.append(Compared(site.code, made.provider, str(of), made.code, made.rows, paid, back, odd))
    return found


def _minor(amount: int | None) -> str:
    return "nothing" if amount is None else str(amount)


def _day(typed: str) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as fault:
        raise NoDate(f"{typed!r} is no date; write it as 2026-03-04") from fault


def show(found: Sequence[Compared], out: Console) -> None:
    if not found:
        out.print("No account at a provider, and no payment by the test provider: nothing to compare.", markup=False)
    for one in found:
        state = (
            f"no statement ({one.fault})" if one.fault else f"{one.rows} lines, paid {one.paid}, back {one.returned}"
        )
        out.print(f"{one.day} {one.site} {one.provider}: {state}, {len(one.differences)} differences", markup=False)
        for difference in one.differences:
            out.print(f"  {difference}", markup=False)
