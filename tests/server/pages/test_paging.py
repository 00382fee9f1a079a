"""Lists longer than a page, on the pages that have them."""

import pytest

from gatehouse.keeper.protocol import Role
from gatehouse.server.console.paging import Pager, paged


@pytest.mark.parametrize(
    ("number", "rows", "pager"),
    [
        (1, [0, 1, 2], Pager(1, 3, 7, "", "/2")),
        (2, [3, 4, 5], Pager(2, 3, 7, "/1", "/3")),
        (3, [6], Pager(3, 3, 7, "/2", "")),
        (10**30, [6], Pager(3, 3, 7, "/2", "")),
        (0, [0, 1, 2], Pager(1, 3, 7, "", "/2")),
        (-4, [0, 1, 2], Pager(1, 3, 7, "", "/2")),
    ],
)
def test_a_page_and_what_lies_beside_it(number, rows, pager) -> None:
    assert paged(range(7), number, 3, "/{}".format) == (rows, pager)


def test_nothing_is_one_page() -> None:
    assert paged([], 5, 3, "/{}".format) == ([], Pager(1, 1, 0, "", ""))


def test_people_are_listed_on_as_many_pages_as_they_take(house) -> None:
    for n in range(26):
        house.world.hire(number=f"S-9{n:02}")
    browser = house.browser(Role.OWNER)
    first, second = (browser.get(f"/people/page/{number}/").content.decode() for number in (1, 2))
    assert ('href="/people/page/2/"' in first, 'href="/people/page/1/"' in second) == (True, True)
    assert ('href="/people/page/0/"' in first, 'href="/people/page/3/"' in second) == (False, False)
    assert sum(f"S-9{n:02}" in first for n in range(26)) + sum(f"S-9{n:02}" in second for n in range(26)) == 26
