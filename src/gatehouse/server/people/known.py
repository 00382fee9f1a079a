"""The usual managers of people, of vehicles and of what belongs to people: without honey records (people/honeys.py).

A table in which a honey record has rows is reached by one of these, so that whatever reads it as usual meets none.
Which rows they are this process learns once and keeps in memory: in the database nothing says it.
"""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db import models

M = TypeVar("M", bound=models.Model)
_honeys: frozenset[UUID] = frozenset()


def remember(honeys: Iterable[UUID]) -> None:
    """From now on no usual manager meets these, nor those of before."""
    global _honeys
    _honeys |= frozenset(honeys)


def honeys() -> frozenset[UUID]:
    """Which people and vehicles are nobody's."""
    return _honeys


class Known(models.Manager[M]):
    """Rows of somebody, or of some vehicle. `_base_manager` still meets all: whoever uses it says in a comment why."""

    column = "pk"

    def get_queryset(self) -> models.QuerySet[M]:
        rows = super().get_queryset()
        return rows.exclude(**{f"{self.column}__in": _honeys}) if _honeys else rows


class OfKnownPeople(Known[M]):
    """Rows that belong to somebody."""

    column = "person_id"
