"""Draw docs/screenshots anew: `make screenshots`.

Plays the demo in a folder of its own, waits until its site stays open, and visits the pages in Chromium as an owner, a
worker and a driver would: at 390 and 1440 px, light and dark, in English and simplified Chinese. The garage gets its
bays, its sign and a merchant through its own pages first.
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
TALLEST = 1800  # px of a page that are kept
COLOURS = 160
PLATE = "京N8P367"  # the visitor who keeps coming once the story is told (demo/site.py)
PIN = "2468"
VISITOR_WITHIN_S = 300
LINES = {
    "link": re.compile(r"Sign in \(one use\): (\S+)"),
    "pay": re.compile(r"Pay as a driver would: (\S+)"),
    "display": re.compile(r"The exit's display: (\S+)"),
}


@dataclass(frozen=True)
class Demo:
    """Addresses that the demo printed."""

    link: str
    pay: str
    display: str

    @property
    def url(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def playing() -> Iterator[Demo]:
    """The demo, from its first word until it is ended."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-screenshots-") as folder:
        command = [str(ROOT / ".venv" / "bin" / "gatehouse"), "demo", "--home", folder]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        try:
            yield _addresses(child)
        finally:
            child.terminate()
            child.wait(60)


def _addresses(child: "subprocess.Popen[str]") -> Demo:
    found: dict[str, str] = {}
    assert child.stdout is not None
    for line in child.stdout:
        sys.stdout.write(line)
        found |= {name: match[1] for name, pattern in LINES.items() if (match := pattern.search(line))}
        if found.keys() == LINES.keys():
            return Demo(**found)
    sys.exit("the demo ended before its site stayed open")


def sign_in(browser: Browser, link: str) -> Any:
    """What a browser holds after the one-time link, for any number of further ones."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.locator("main button").click()
    page.wait_for_load_state()
    state = context.storage_state()
    context.close()
    return state


def link_of_a_worker(browser: Browser, demo: Demo, owner: Any) -> tuple[str, str]:
    """A one-time link to somebody's own page, and the address of their person page."""
    context = browser.new_context(storage_state=owner, locale="en-GB")
    page = context.new_page()
    page.goto(f"{demo.url}/people/")
    page.locator("tbody th a").first.click()
    page.wait_for_load_state()
    person = page.url
    page.get_by_role("button", name="Make a link to their own page").click()
    link = page.locator("main .mono").inner_text()
    context.close()
    return link, person


@dataclass(frozen=True)
class Garage:
    """Addresses that the garage's pages gave."""

    tariff: str
    sign: str
    merchant: str


def set_up_garage(browser: Browser, demo: Demo, owner: Any) -> Garage:
    """Bays and a sign, and a shop."""
    context = browser.new_context(storage_state=owner, locale="en-GB")
    page = context.new_page()
    page.goto(f"{demo.url}/parking/")
    page.get_by_role("link", name="Say how many bays there are").click()
    page.get_by_label("Bays", exact=True).fill("120")
    page.get_by_role("button", name="Keep").click()
    sign = page.locator("a[href*='/sign/']").get_attribute("href") or ""
    page.goto(f"{demo.url}/parking/merchants/")
    for label, typed in (
        ("Name", "Harbour Kitchen"),
        ("Each validation gives", "60"),
        ("At most for one stay", "120"),
        ("Budget of a month", "6000"),
    ):
        page.get_by_label(label, exact=True).fill(typed)
    page.get_by_role("button", name="Add and show the link").click()
    merchant = page.locator("main .mono").inner_text()
    page.goto(f"{demo.url}/parking/tariffs/")
    page.locator("main .card h3 a, main .card h2 a").first.click()
    page.wait_for_load_state()
    tariff = page.url
    context.close()
    return Garage(tariff, sign, merchant)


def wait_for_visitor(browser: Browser, demo: Demo, owner: Any) -> None:
    """Until a visitor has just come in: who is there already leaves first."""
    context = browser.new_context(storage_state=owner, locale="en-GB")
    page = context.new_page()
    ends, was_gone = time.monotonic() + VISITOR_WITHIN_S, False
    while time.monotonic() < ends:
        page.goto(f"{demo.url}/parking/inside/")
        here = page.locator("main li", has_text="Visitor").count() > 0
        if here and was_gone:
            context.close()
            return
        was_gone = was_gone or not here
        page.wait_for_timeout(1000)
    sys.exit("no visitor drove into the demo's garage")


def draw_card(browser: Browser, demo: Demo) -> str:
    """What the visitor owes, in every size; then it is paid. The address of the receipt."""
    for language, locale in LANGUAGES.items():
        page = browser.new_context(locale=locale).new_page()
        page.goto(demo.pay)
        page.locator("#plate").fill(PLATE)
        page.keyboard.press("Enter")
        page.locator("p.amount").wait_for()
        page.locator("details summary").first.click()
        keep_in_every_size(page, "card", language)
    page.locator("main button.huge").first.click()
    page.locator("button[value=paid]").click()
    page.locator("#receipt-state").wait_for()
    return page.url


def draw_till(browser: Browser, garage: Garage) -> None:
    for language, locale in LANGUAGES.items():
        page = browser.new_context(locale=locale).new_page()
        page.goto(garage.merchant)
        page.locator("input[name=pin]").fill(PIN)
        page.keyboard.press("Enter")
        page.locator("#plate").wait_for()
        keep_in_every_size(page, "merchant", language)


def keep_in_every_size(page: Page, name: str, language: str) -> None:
    """The same page again and again, for what is asked for once only."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": height(width)})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            keep(page, f"{name}-{width}-{scheme}-{language}")


def height(width: int) -> int:
    return 844 if width < 600 else 900


def open_first(page: Page) -> None:
    opener = page.locator("main section form button").first
    if opener.count():
        opener.click()
        page.wait_for_load_state()


def keep(page: Page, name: str) -> None:
    """A small picture of the page, at most TALLEST high."""
    page.wait_for_timeout(400)
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as drawn:
        cut = drawn.convert("RGB").crop((0, 0, drawn.width, min(drawn.height, TALLEST)))
        cut.quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET / f"{name}.png", optimize=True)


def visit(context: BrowserContext, pages: dict[str, str], suffix: str) -> None:
    for name, address in pages.items():
        page = context.new_page()
        page.goto(address)
        if name in ("month", "todo"):
            open_first(page)
        keep(page, f"{name}-{suffix}")
        page.close()


def draw(browser: Browser, demo: Demo) -> None:
    owner = sign_in(browser, demo.link)
    worker_link, person = link_of_a_worker(browser, demo, owner)
    worker = sign_in(browser, worker_link)
    garage = set_up_garage(browser, demo, owner)
    wait_for_visitor(browser, demo, owner)
    paid = draw_card(browser, demo)
    draw_till(browser, garage)
    console = {name: f"{demo.url}/{name}/" for name in ("watch", "people", "month", "trust", "backoffice", "lanes")}
    console |= {name: f"{demo.url}/parking/{name}/" for name in ("inside", "reports", "money")}
    console |= {"parking": f"{demo.url}/parking/", "tariff": garage.tariff}
    console |= {"todo": f"{demo.url}/worklist/", "roster": f"{demo.url}/rosters/", "join": f"{demo.url}/people/join/"}
    driver = {"pay": demo.pay, "station": f"{demo.pay}station/", "receipt": paid, "display": demo.display}
    console |= {name: f"{demo.url}/{name}/" for name in ("access", "muster", "visitors", "account", "setup")}
    console |= {"terminals": f"{demo.url}/watch/terminals/"}
    seen_by = (
        (owner, console | {"log": f"{demo.url}/watch/log/", "person": person}),
        (worker, {"me": f"{demo.url}/me/"}),
        (None, driver | {"sign": garage.sign, "enter": f"{demo.url}/enter/"}),
    )
    for width in WIDTHS:
        for scheme in SCHEMES:
            for language, locale in LANGUAGES.items():
                for state, pages in seen_by:
                    context = browser.new_context(
                        storage_state=state,
                        locale=locale,
                        color_scheme=scheme,  # type: ignore[arg-type]
                        viewport={"width": width, "height": height(width)},
                    )
                    visit(context, pages, f"{width}-{scheme}-{language}")
                    context.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium here: apt-get install chromium")
    TARGET.mkdir(parents=True, exist_ok=True)
    with playing() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        draw(browser, demo)
        browser.close()
    size = sum(picture.stat().st_size for picture in TARGET.glob("*.png"))
    sys.stdout.write(f"{len(list(TARGET.glob('*.png')))} pictures, {size // 1024} kB, in {TARGET}\n")


if __name__ == "__main__":
    main()
