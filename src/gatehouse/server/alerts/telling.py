"""Mail and messages to other programs about alerts, written in the alert's own transaction."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gatehouse.domain.alerts import is_sent
from gatehouse.server.alerts.models import Alert
from gatehouse.server.alerts.queries import hearers
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.mail.actions import send
from gatehouse.server.mail.cells import Address
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import all_sites

PAGE = "/trust/alerts/"


def tell_of(alerts: Sequence[Alert], now: datetime) -> None:
    """Nobody is named: what happened, when, and where to look. Raises KeeperAway."""
    sites = list(all_sites())
    for alert in alerts:
        if is_sent(alert.at, now):
            _mail(alert, sites, now)
            _tell_programs(alert, sites, now)


def _mail(alert: Alert, sites: Sequence[Site], now: datetime) -> None:
    zone = _sites_of(alert, sites)[0].zone if sites else "UTC"
    facts = {"at": f"{alert.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}", "zone": zone}
    for one in hearers(alert.sites):
        to = Address("mail.address/1", str(one.pk), bytes(one.address_cell))
        send(f"alert.{alert.kind}", to, facts, own=str(alert.pk), now=now, link=PAGE)


def _tell_programs(alert: Alert, sites: Sequence[Site], now: datetime) -> None:
    for site in _sites_of(alert, sites):
        facts: dict[str, str | int | bool] = {"kind": alert.kind, "role": alert.role}
        tell(site.pk, [Happened(EventKind.ALERTED, alert.at, facts, f"{alert.pk}/{site.pk}")], now=now)


def _sites_of(alert: Alert, sites: Sequence[Site]) -> list[Site]:
    return [site for site in sites if str(site.pk) in alert.sites] or list(sites)
