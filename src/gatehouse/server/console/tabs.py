"""Tabs of pages that belong together, in groups: who sees which."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse

from gatehouse.keeper.protocol import Role
from gatehouse.server.console import words
from gatehouse.server.console.access import reader

Tab = tuple[str, words.Text, frozenset[Role]]
Group = tuple[words.Text, tuple[Tab, ...]]


def tabs_of(groups: Sequence[Group], request: HttpRequest, here: str) -> dict[str, object]:
    """For the template `pages/tabs.html`: the groups that hold a tab of the reader's, and the tabs beside `here`."""
    role = reader(request).role
    shown, beside = [], []
    for said, all_tabs in groups:
        own = [(name, text) for name, text, roles in all_tabs if role in roles]
        if not own:
            continue
        opened = any(name == here for name, _text in own)
        shown.append({"href": reverse(own[0][0]), "name": said, "here": opened})
        if opened:
            beside = [{"href": reverse(name), "name": text, "here": name == here} for name, text in own]
    return {"groups": shown, "tabs": beside}
