"""A real server behind a real browser: uvicorn on a free port of this machine, Chromium without a window."""

import gc
import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.server.conftest import committed_world, keeper
from tests.server.pages.conftest import House

from gatehouse.keeper.protocol import Role
from gatehouse.server.asgi import application

__all__ = ["committed_world", "keeper"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

expect.set_options(timeout=20_000)  # machines that run tests are slow; what comes at once is not waited for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium"))
        if item.get_closest_marker("browser"):
            # WhiteNoise serves files as synchronous streams, of which Django warns under ASGI.
            item.add_marker(pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"))


@dataclass
class Place:
    """The house of the page tests, at an address."""

    house: House
    url: str
    browser: Browser
    stop: Callable[[], None] = field(default=lambda: None)  # the server, before the test is over

    def open(self, role: Role | None = None, **options: object) -> Page:
        """A page of its own context, signed in through the one-time link as a person would."""
        context: BrowserContext = self.browser.new_context(locale="en-GB", **options)  # type: ignore[arg-type]
        page = context.new_page()
        page.faults = []  # type: ignore[attr-defined]
        page.on("pageerror", lambda fault: page.faults.append(str(fault)))
        page.on("console", lambda line: page.faults.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: page.faults.append(request.url) if self._foreign(request.url) else None)
        if role is not None:
            page.goto(f"{self.url}/enter/{self.house.code(role)}/")
            page.get_by_role("button", name="Sign in on this device").click()
            page.get_by_role("link", name="Not now").click()
        return page

    def _foreign(self, address: str) -> bool:
        return not address.startswith((self.url, "data:", "about:"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright's loop runs in this thread: Django refuses its database where a loop runs, and tests with a loop of
    # their own cannot run beside it, so the browser is closed with its module.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def place(committed_world, chromium, settings) -> Iterator[Place]:
    settings.TEST_PROVIDER = True
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(application, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < ends, "the server did not start"
        time.sleep(0.02)
    house = House(committed_world, committed_world.hire("S-104", "Lin Moss"))

    def stop() -> None:
        server.should_exit = True
        thread.join(10)

    place = Place(house, f"http://127.0.0.1:{port}", chromium, stop)
    yield place
    for context in chromium.contexts:
        context.close()
    stop()
    with warnings.catch_warnings():
        # Django leaves the (empty) body of a live stream that the browser hung up on to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
