"""A phone, a desk, and a picture of a page on either; no page scrolls sideways."""

import os
from pathlib import Path

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1440, "height": 900}}
SHOTS = os.environ.get("GATEHOUSE_SHOTS", "")


def shoot(page, name: str) -> None:
    """A picture to look at, where a folder for them is named."""
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0, name
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def shoot_both(page, name: str) -> None:
    """The same on a phone and at a desk, whatever the window is now."""
    before = page.viewport_size
    for options in (PHONE, WIDE):
        page.set_viewport_size(options["viewport"])
        shoot(page, f"{name}-{options['viewport']['width']}")
    page.set_viewport_size(before)
