"""From an empty folder to a passkey, over real TLS under a name: a browser that trusts the authority, and its virtual
authenticator."""

import hashlib
import re
import signal
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, Page, expect
from tests.journeys.conftest import CHROMIUM
from tests.journeys.shots import shoot_both
from tests.server.tls_world import NAME

from gatehouse.box.processes import free_port
from gatehouse.clock import monotonic_s
from gatehouse.crypto.passwords import totp
from gatehouse.keeper.protocol import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
PASSWORD = "four words that differ"


def phone(page: Page) -> None:
    """The device has a screen lock and keeps passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


class Site:
    """`gatehouse up --host` in an empty folder."""

    def __init__(self, home: Path) -> None:
        self.port, self.https = free_port(), free_port()
        words = ["up", "--home", str(home), "--port", str(self.port), "--host", NAME, "--https-port", str(self.https)]
        self.said = home.with_suffix(".said")
        with self.said.open("wb") as sink:
            self.process = subprocess.Popen([sys.executable, "-m", "gatehouse", *words], stdout=sink, stderr=sink)
        self.origin = f"https://{NAME}:{self.https}"

    def wait_for(self, pattern: str) -> str:
        ends = monotonic_s() + 150
        while monotonic_s() < ends:
            found = re.search(pattern, self.said.read_text())
            if found:
                return found[0]
            assert self.process.poll() is None, self.said.read_text()
        raise AssertionError(self.said.read_text())

    def spki(self) -> str:
        """The authority's public key, as Chromium is told to trust it."""
        der = httpx.get(f"http://127.0.0.1:{self.port}/certificate/gatehouse.crt", timeout=60).content
        key = x509.load_pem_x509_certificate(ssl.DER_cert_to_PEM_cert(der).encode()).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return b64encode(hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).digest()).decode()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    started = Site(tmp_path / "home")
    yield started
    started.process.send_signal(signal.SIGTERM)
    started.process.wait(60)


@pytest.fixture
def trusting(site: Site, chromium: Browser) -> Iterator[Browser]:
    """A browser on the network that was shown how to trust the authority."""
    site.wait_for("SHA-256 of its authority")
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={site.spki()}",
        ],
    )
    yield browser
    browser.close()


def test_the_first_owner_makes_a_passkey_over_tls_and_comes_back_with_it(site: Site, trusting: Browser) -> None:
    page = trusting.new_context(locale="en-GB").new_page()
    page.set_default_timeout(60_000)
    phone(page)
    page.goto(f"{site.origin}/certificate/")
    expect(page.get_by_role("heading", name="Trust this address")).to_be_visible()
    shoot_both(page, "certificate")

    page.goto(site.wait_for(rf"{site.origin}/enter/\S+"))
    page.get_by_role("button", name="Sign in on this device").click()
    expect(page.get_by_role("heading", name="Make your own way in")).to_be_visible()
    shoot_both(page, "first")
    page.get_by_role("button", name="Make a passkey on this device").click()
    expect(page.get_by_text("Passkey of a phone or computer")).to_be_visible()
    cookies = {cookie["name"]: cookie["secure"] for cookie in page.context.cookies()}
    assert cookies == dict.fromkeys(cookies, True)
    shoot_both(page, "account")

    page.get_by_role("button", name="Make a passkey on this device").click()
    expect(page.get_by_text("has a passkey for here already")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    shoot_both(page, "enter")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/watch/")

    _adds_a_password_and_an_app(page, site)


def _adds_a_password_and_an_app(page: Page, site: Site) -> None:
    import base64
    import time

    page.goto(f"{site.origin}/account/")
    handle = page.locator("strong.mono").inner_text()
    page.get_by_role("button", name="Use a password and an app instead").click()
    secret = base64.b32decode(page.locator("p.mono").inner_text().replace(" ", ""))
    shoot_both(page, "password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_label("The six digits").fill("000000")
    page.get_by_role("button", name="Use this password and app").click()
    expect(page.get_by_text("The code of the app does not fit")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    step = int(time.time()) // 30
    page.get_by_label("The six digits").fill(totp(secret, step))
    page.get_by_role("button", name="Use this password and app").click()
    expect(page.get_by_role("strong").filter(has_text="Password and app")).to_be_visible()

    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_text("Password and app").click()
    page.get_by_label("Handle").fill(handle.lower())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code of the app").fill(totp(secret, step))
    page.get_by_role("button", name="Sign in with the password").click()
    expect(page.get_by_text("do not fit together")).to_be_visible()  # that code was used
    shoot_both(page, "enter-refused")
    page.get_by_label("Handle").fill(handle)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code of the app").fill(totp(secret, step + 1))
    page.get_by_role("button", name="Sign in with the password").click()
    page.wait_for_url("**/watch/")


def test_a_worker_makes_a_passkey_by_hrs_link_and_a_lost_phone_is_shut_out(place) -> None:
    at = place.url.replace("127.0.0.1", "localhost")
    worker = place.browser.new_context(locale="en-GB").new_page()
    phone(worker)
    worker.goto(f"{at}/enter/{place.house.code(Role.WORKER)}/")
    worker.get_by_role("button", name="Sign in on this device").click()
    worker.get_by_role("button", name="Make a passkey on this device").click()
    expect(worker.get_by_text("Passkey of a phone or computer")).to_be_visible()
    worker.get_by_role("button", name="Sign out", exact=True).click()
    worker.get_by_role("button", name="Sign in with a passkey").click()
    worker.wait_for_url("**/me/")
    shoot_both(worker, "me")

    hr = place.open(Role.HR)
    hr.goto(f"{place.url}/people/{place.house.person.pk}/")
    shoot_both(hr, "lost")
    hr.get_by_label("A device is lost").check()
    hr.get_by_role("button", name="Make a link to their own page").click()
    expect(hr.get_by_role("heading", name="Sign-in link")).to_be_visible()
    worker.reload()
    expect(worker.get_by_role("heading", name="Sign in")).to_be_visible()
    worker.get_by_role("button", name="Sign in with a passkey").click()
    expect(worker.get_by_text("This passkey does not work here")).to_be_visible()
    shoot_both(worker, "enter-lost")
