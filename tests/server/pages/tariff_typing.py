"""What the tests of the tariff pages type, and how they send it."""

from django.urls import reverse

from gatehouse.server.parking import tariffs
from gatehouse.server.parking.models import Tariff

FORM = {
    "kind": "blocks", "length_min": "30", "grace_min": "15", "free_min": "", "cap": "40", "cap_per": "calendar_day",
    "tax_percent": "6", "holidays": "", "rules": "1", "classes": "0", "rule-0-label": "Parking",
    "rule-0-price": "4.50", "rule-0-per": "block", "rule-0-days": "any", "do": "save",
}  # fmt: skip


def page_of(row: Tariff) -> str:
    return reverse("parking-tariff", args=[row.pk])


def save(browser, row: Tariff, **fields: str):
    form = FORM | {"seen": tariffs.seen_mark(row), "starts": "2090-01-01T00:00"} | fields
    return browser.post(page_of(row), form)


def versions(row: Tariff) -> list[dict]:
    row.refresh_from_db()
    return row.versions["versions"]
