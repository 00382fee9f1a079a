"""Rules and hours in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gatehouse.domain import policy
from gatehouse.domain.decisions import Decision, Grant
from gatehouse.domain.schedules import Schedule as ScheduleFact
from gatehouse.server.console import words
from gatehouse.server.console.staff.forms import WEEKDAYS
from gatehouse.server.gates import queries
from gatehouse.server.people.models import Site

_ALL_WEEK, _WORKDAYS = frozenset(range(7)), frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Names:
    """What ids and codes are called on a site; what is gone is called so."""

    site: Site
    groups: dict[str, str]
    gates: dict[str, str]
    schedules: dict[str, str]

    @classmethod
    def of(cls, site: Site) -> "Names":
        return cls(
            site,
            {str(pk): name for pk, name in site.groups.values_list("pk", "name")},
            {gate.code: gate.name for gate in queries.gates([site])},
            {str(pk): name for pk, name in site.schedules.values_list("pk", "name")},
        )

    def who(self, rule: policy.Rule) -> str:
        return listed(self.groups.get(one, _("a group that is gone")) for one in rule.groups)

    def where(self, rule: policy.Rule) -> str:
        return listed(self.gates.get(one, one) for one in rule.gates)

    def when(self, rule: policy.Rule) -> str:
        if rule.schedule is None:
            return _("always")
        return self.schedules.get(rule.schedule, _("hours that are gone"))

    def span(self, rule: policy.Rule) -> str:
        """From when until when a temporary rule holds, on the site's clock; empty for one that stays."""
        if rule.starts is None and rule.ends is None:
            return ""
        starts, ends = self._moment(rule.starts), self._moment(rule.ends)
        if not ends:
            return _("from %(start)s on") % {"start": starts}
        return _("from %(start)s until %(end)s") % {"start": starts, "end": ends} if starts else (
            _("until %(end)s") % {"end": ends})  # fmt: skip

    def _moment(self, at: datetime | None) -> str:
        return at.astimezone(ZoneInfo(self.site.zone)).strftime("%Y-%m-%d %H:%M") if at else ""


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or _("nobody")


def windows(schedule: ScheduleFact) -> list[str]:
    """Each window as "Mon, Tue 08:00-18:00"."""
    return [f"{_days(one.weekdays)} {one.start:%H:%M}-{one.end:%H:%M}" for one in schedule.windows]


def _days(days: frozenset[int]) -> str:
    if days == _ALL_WEEK:
        return _("every day")
    if days == _WORKDAYS:
        return _("Monday to Friday")
    return ", ".join(str(said) for number, said in WEEKDAYS if number in days)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision for a page."""

    said: words.Text
    why: words.Text
    tone: str
    mark: str


def verdict(answer: Decision) -> Verdict:
    granted = isinstance(answer, Grant)
    said = _("Let in") if granted else _("Not let in")
    return Verdict(said, words.reason(answer.reason).what, "good" if granted else "stop", "yes" if granted else "no")
