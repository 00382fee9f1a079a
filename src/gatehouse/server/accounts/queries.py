"""Reading operators."""

from uuid import UUID

from django.db.models import QuerySet

from gatehouse.server.accounts.models import Operator


def operators() -> QuerySet[Operator]:
    return Operator.objects.order_by("handle")


def operator(operator_id: UUID | str) -> Operator | None:
    return Operator.objects.filter(pk=operator_id).first()


def handle_of(operator_id: str) -> str:
    """The handle for a list; the id itself for a job or somebody who is gone."""
    try:
        found = Operator.objects.filter(pk=UUID(operator_id)).first()
    except ValueError:
        return operator_id
    return found.handle if found else operator_id
