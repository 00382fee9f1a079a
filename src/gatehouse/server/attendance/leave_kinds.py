"""A site's types of leave as rules in a column, and as the facts of `domain`; and the types that a country begins with.

The law gives the least; a contract or a company may give more, so every number can be changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

import msgspec

from gatehouse.domain.leave import Counted, Grows, LeaveType
from gatehouse.server.attendance.leave_models import LeaveKind
from gatehouse.server.people.models import Site

DAY_MIN = 480  # of comp time, where a site says nothing else


class KindRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The column `LeaveKind.rules`; fractions as text ("1/2"). `approval`: somebody must say yes. `paid_out`: what is
    left of it is paid to a leaver. `day_min`: minutes of overtime that make one day. `source`: where the numbers come
    from."""

    pay: str = "1"
    days: str | None = None
    by_service: list[tuple[int, str]] = []
    grows: str = "up_front"
    counted: str = "workdays"
    halves: bool = True
    step: str = "1/2"
    carried: str = "0"
    carried_until: tuple[int, int] | None = None
    in_advance: str = "0"
    from_overtime: bool = False
    day_min: int = DAY_MIN
    begins: int | None = None
    approval: bool = True
    paid_out: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of leave with all that is said of it."""

    row: LeaveKind
    rules: KindRules
    fact: LeaveType

    @property
    def code(self) -> str:
        return self.row.code

    @property
    def name(self) -> str:
        return self.row.name


def rules_from(data: object) -> KindRules:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(data, KindRules)


def fact_of(code: str, rules: KindRules) -> LeaveType:
    """Raises LeaveError, ValueError for rules that are none."""
    return LeaveType(
        code=code,
        pay_share=Fraction(rules.pay),
        days_a_year=None if rules.days is None else Fraction(rules.days),
        by_service=tuple((years, Fraction(days)) for years, days in rules.by_service),
        grows=Grows(rules.grows),
        counted=Counted(rules.counted),
        halves=rules.halves,
        step=Fraction(rules.step),
        carried_at_most=Fraction(rules.carried),
        carried_until=rules.carried_until,
        in_advance=Fraction(rules.in_advance),
        from_overtime=rules.from_overtime,
        begins=rules.begins,
    )


def kind_of(row: LeaveKind) -> Kind:
    rules = rules_from(row.rules)
    return Kind(row, rules, fact_of(row.code, rules))


def kinds(site: Site) -> list[Kind]:
    """All of a site's, put away ones included, by name."""
    return [kind_of(row) for row in LeaveKind.objects.filter(site=site).order_by("name", "code")]


def offered(site: Site) -> list[Kind]:
    """Those that may be asked for."""
    return [kind for kind in kinds(site) if not kind.row.retired]


def kind_row(kind_id: UUID, sites: Iterable[Site]) -> LeaveKind | None:
    return LeaveKind.objects.filter(pk=kind_id, site__in=list(sites)).select_related("site").first()


@dataclass(frozen=True, slots=True)
class Usual:
    """A type that sites of a country begin with."""

    code: str
    rules: KindRules


_CHINA = "Regulation on Paid Annual Leave of Employees, State Council Decree No. 514 (2008), articles 3 and 5"
_CHINA_SICK = "Ministry of Labor, Document No. 309 (1995), point 59: at least 80 % of the local minimum wage"
_EU = "Directive 2003/88/EC, article 7: at least four weeks"
_EU_CARRIED = "Federal Leave Act of Germany, section 7(3): until 31 March"
_OWN = "no law asks for it; a usual number"

USUAL: dict[str, tuple[Usual, ...]] = {
    "cn": (
        Usual("annual", KindRules(by_service=[(1, "5"), (10, "10"), (20, "15")], step="1", halves=False,
                                  carried="15", carried_until=(12, 31), paid_out=True, source=_CHINA)),
        Usual("sick", KindRules(pay="3/5", source=_CHINA_SICK)),
        Usual("marriage", KindRules(counted="calendar", halves=False, source="1 to 3 days by Document No. 1 (1980); "
                                    "provinces give more")),
        Usual("comp", KindRules(from_overtime=True, carried="366", source="Labor Law, article 44(2)")),
        Usual("personal", KindRules(pay="0", source=_OWN)),
    ),
    "eu": (
        Usual("annual", KindRules(days="20", carried="20", carried_until=(3, 31), paid_out=True,
                                  source=f"{_EU}; {_EU_CARRIED}")),
        Usual("sick", KindRules(approval=False, counted="calendar", source="paid in full for six weeks, Continued "
                                "Remuneration Act of Germany, section 3")),
        Usual("parental", KindRules(pay="0", counted="calendar", halves=False,
                                    source="Directive (EU) 2019/1158, article 5")),
        Usual("comp", KindRules(from_overtime=True, carried="366", source=_OWN)),
        Usual("unpaid", KindRules(pay="0", source=_OWN)),
    ),
    "us": (
        Usual("vacation", KindRules(days="10", grows="monthly", carried="5", paid_out=True, source=_OWN)),
        Usual("sick", KindRules(days="5", grows="monthly", carried="5", source=_OWN)),
        Usual("family", KindRules(pay="0", counted="calendar", halves=False,
                                  source="Family and Medical Leave Act, 29 USC 2612: 12 weeks, unpaid")),
        Usual("unpaid", KindRules(pay="0", source=_OWN)),
    ),
}  # fmt: skip


def country_of(site: Site) -> str:
    """Whose types a site most likely begins with: by its clock."""
    if site.zone in ("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin"):
        return "cn"
    return "us" if site.zone.startswith(("America/", "US/", "Pacific/Honolulu")) else "eu"


def begins(site_today: date) -> int:
    """The first leave year of a type that is made today."""
    return site_today.year
