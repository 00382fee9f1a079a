"""Reading operators."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import SignedIn


def operators(who: SignedIn) -> QuerySet[Operator]:
    """Those who see no site that the asking one does not."""
    within = [pk for pk, sites in Operator.objects.values_list("pk", "sites") if who.reaches_as_far_as(sites)]
    return Operator.objects.filter(pk__in=within).order_by("handle")


def operator(operator_id: UUID | str, who: SignedIn) -> Operator | None:
    """None also for one who sees more sites than the asking one."""
    found = Operator.objects.filter(pk=operator_id).first()
    return found if found is not None and who.reaches_as_far_as(found.sites) else None


def second_persons(who: SignedIn) -> list[str]:
    """The handles of the owners and HR who reach as far as the asking one, who is none of them."""
    mine = set(who.ticket.sites)
    found = Operator.objects.filter(role__in=(Role.OWNER, Role.HR), active=True).exclude(pk=who.ticket.actor)
    return sorted(one.handle for one in found if not one.sites or (mine and mine <= set(one.sites)))


def handle_of(operator_id: str) -> str:
    """The handle for a list; the id itself for a job or somebody who is gone."""
    found = _behind(operator_id)
    return found.handle if found else operator_id


def sites_of(operator_id: str) -> list[str]:
    """Where this operator works; none for everywhere, and for a job or somebody who is gone."""
    found = _behind(operator_id)
    return list(found.sites) if found else []


def handles(ids: Iterable[str]) -> dict[str, str]:
    """The handles of those of these actors who are operators, by id."""
    wanted = {one for one in ids if _is_uuid(one)}
    return {str(pk): handle for pk, handle in Operator.objects.filter(pk__in=wanted).values_list("pk", "handle")}


def _behind(actor: str) -> Operator | None:
    return Operator.objects.filter(pk=actor).first() if _is_uuid(actor) else None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
