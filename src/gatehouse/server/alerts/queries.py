"""Reading alerts, and who hears of them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, QuerySet

from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.alerts.models import Alert, Recipient, Watched
from gatehouse.server.audit.actions import logged_on, name_in_log
from gatehouse.server.audit.models import Entry
from gatehouse.server.people.models import Person

RECIPIENTS = 20  # of one installation


def watched() -> Watched | None:
    return Watched.objects.filter(pk=1).first()


def alerts(who: SignedIn) -> QuerySet[Alert]:
    """What the reader may see: those of actors who see no site that the reader does not. Unanswered ones first,
    then what was answered last."""
    return _within(Alert.objects.all(), who).order_by(F("acknowledged_at").desc(nulls_first=True), "-at", "id")


def alert(alert_id: UUID, who: SignedIn) -> Alert | None:
    return _within(Alert.objects.filter(pk=alert_id), who).first()


def unanswered(who: SignedIn) -> Sequence[Alert]:
    """Newest first."""
    return list(_within(Alert.objects.filter(acknowledged_at=None), who).order_by("-at", "id"))


def _within(found: QuerySet[Alert], who: SignedIn) -> QuerySet[Alert]:
    if who.sees_every_site:
        return found
    near = [pk for pk, sites in found.values_list("pk", "sites") if who.reaches_as_far_as(sites)]
    return found.filter(pk__in=near)


def person_behind(alert: Alert) -> UUID | None:
    """Whose own page it was: the one whose alias of that date stands in the alert. Raises KeeperAway."""
    day = logged_on(alert.at)
    people = Person.objects.filter(site_id__in=alert.sites) if alert.sites else Person.objects.all()
    ids = people.values_list("pk", flat=True).iterator()
    return next((pk for pk in ids if name_in_log("person", pk, day) == alert.actor), None)


def invited_since(alert: Alert) -> Entry | None:
    """That the operator whom it is about was let in anew."""
    found = Entry.objects.filter(verb="operator.invited", object_type="operator", object_id=alert.actor)
    return found.filter(at__gt=alert.at).order_by("pk").first()


def recipients(who: SignedIn) -> list[Recipient]:
    """Those who hear of no site that the reader does not see."""
    return [one for one in Recipient.objects.order_by("id") if who.reaches_as_far_as(one.sites)]


def recipient(recipient_id: UUID, who: SignedIn) -> Recipient | None:
    found = Recipient.objects.filter(pk=recipient_id).first()
    return found if found is not None and who.reaches_as_far_as(found.sites) else None


def hearers(sites: Sequence[str]) -> list[Recipient]:
    """Who hears of an alert at these sites, none for everywhere."""
    return [one for one in Recipient.objects.order_by("id") if not one.sites or _is_among(sites, one.sites)]


def _is_among(sites: Sequence[str], heard: Sequence[str]) -> bool:
    return bool(sites) and set(sites) <= set(heard)
