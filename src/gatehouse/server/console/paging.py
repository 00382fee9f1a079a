"""Long lists, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet

R = TypeVar("R", bound=Model)


@dataclass(frozen=True, slots=True)
class Pager:
    """Where in a list of `of` pages one is, and the addresses of those beside it, "" where there is none."""

    number: int
    of: int
    count: int
    before: str
    after: str


def paged(
    rows: QuerySet[R] | Sequence[R], number: int, size: int, address: Callable[[int], str]
) -> tuple[list[R], Pager]:
    """The rows of page `number`, counted from 1, or of the nearest that there is; `address` is that of a page."""
    page = Paginator(rows, size).get_page(max(1, number))
    before = address(page.previous_page_number()) if page.has_previous() else ""
    after = address(page.next_page_number()) if page.has_next() else ""
    return list(page.object_list), Pager(page.number, page.paginator.num_pages, page.paginator.count, before, after)
