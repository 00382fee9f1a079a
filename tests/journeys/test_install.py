"""`gatehouse install --system`: what it would do, and units that systemd takes."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gatehouse.address import address
from gatehouse.box import installing, units
from gatehouse.box.units import Layout

LAYOUT = Layout(
    Path("/var/lib/gatehouse"), Path("/var/lib/gatehouse-edge"), Path("/usr/bin/env"), Path("/opt/gatehouse/models"),
    8000, address("gate.example", 443), credential=True,
)  # fmt: skip


def test_a_dry_run_prints_every_step_and_does_none(tmp_path: Path) -> None:
    words = ["install", "--system", "--dry-run", "--home", str(tmp_path / "h"), "--host", "gate.example"]
    told = subprocess.run([sys.executable, "-m", "gatehouse", *words], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    for step in ("useradd", "install -d -o gatehouse-keeper", "peers.json", "systemctl daemon-reload", "[Service]"):
        assert step in told.stdout
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize(
    ("words", "why"), [([], "--system"), (["--system", "--host", "10.0.0.1", "--dry-run"], "is an address")]
)
def test_what_cannot_be_installed_is_said(words: list[str], why: str) -> None:
    told = subprocess.run([sys.executable, "-m", "gatehouse", "install", *words], capture_output=True, text=True)
    assert (told.returncode, why in told.stderr.replace("\n", " ")) == (1, True)


def test_each_service_has_a_user_of_its_own_and_the_keeper_no_network() -> None:
    made = units.units(LAYOUT)
    users = [re.search(r"^User=(.+)$", text, re.M)[1] for text in made.values()]  # type: ignore[index]
    assert sorted(users) == sorted(units.USERS)
    keeper = made["gatehouse-keeper.service"]
    assert "\nRestrictAddressFamilies=AF_UNIX\n" in keeper
    assert "\nPrivateNetwork=yes\n" in keeper
    assert "LoadCredentialEncrypted=gatehouse.root-key:" in keeper
    assert "--at https://gate.example\n" in keeper
    assert "LoadCredential" not in units.units(replace(LAYOUT, credential=False))["gatehouse-keeper.service"]
    assert "InaccessiblePaths=/var/lib/gatehouse\n" in made["gatehouse-edge.service"]
    wanted = {"NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "LimitCORE=0"}
    assert all(wanted <= set(text.splitlines()) for text in made.values())


def test_only_a_low_port_of_its_own_gives_the_server_a_capability() -> None:
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in units.units(LAYOUT)["gatehouse-server.service"]
    for other in (address("gate.example", 8443), address("gate.example", None, behind_proxy=True), None):
        assert "AmbientCapabilities" not in units.units(replace(LAYOUT, address=other))["gatehouse-server.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: apt-get install systemd")
def test_systemd_takes_the_units_and_holds_them_for_safe(tmp_path: Path) -> None:
    for name, text in units.units(LAYOUT).items():
        (tmp_path / name).write_text(text)
    files = [str(path) for path in tmp_path.iterdir()]
    checked = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True)
    ours = [line for line in checked.stderr.splitlines() if "gatehouse" in line]
    assert (checked.returncode, ours) == (0, [])
    for name, most in (("keeper", 1.0), ("server", 2.0), ("edge", 2.0)):
        unit = tmp_path / f"gatehouse-{name}.service"
        told = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True
        )
        assert float(re.search(r"exposure level for \S+: ([\d.]+)", told.stdout)[1]) <= most, name  # type: ignore[index]


def test_services_that_could_not_see_the_program_are_said_before_anything_is_made() -> None:
    at_home = replace(LAYOUT, python=Path("/home/ann/python"))
    why = next(one for one in installing.obstacles(at_home) if "ann" in one)
    assert "put Gatehouse into /opt/gatehouse" in why
