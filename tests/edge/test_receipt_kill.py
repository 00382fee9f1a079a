"""Killed while a receipt is being taken: what was recorded as used never opens again, what was not still does."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.edge.test_receipts import ZONE, receipt
from tests.edge.world import EXIT

from gatehouse.clock import SystemClock

ROOT = Path(__file__).parents[2]


def run(home, address, point, text):
    command = [sys.executable, "-m", "tests.edge.receipt_process", str(home), address, point, text]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60, check=False)


@pytest.mark.parametrize(
    ("point", "pulses", "then"),
    [
        ("before append", 0, "receipt"),
        ("before commit", 0, "receipt"),
        ("after append", 0, "used_receipt"),  # a lost opening, never a doubled one
        ("before pulse", 0, "used_receipt"),
        ("after pulse", 1, "used_receipt"),
    ],
)
def test_killed_at_a_point_a_receipt_opens_at_most_once(world, shelly, point, pulses, then):
    clock = SystemClock()
    known = world.known(clock)
    lane = replace(EXIT, stands_in=ZONE, confirm_s=0.0)
    known.learn(world.feed(gates=[lane], lease_ends=clock.now() + timedelta(hours=72)))
    text = receipt(world, ends=clock.now() + timedelta(minutes=15))
    assert run(world.home, shelly.address, point, text).returncode == -9
    assert shelly.device.pulses == pulses
    assert f"answer {then}" in run(world.home, shelly.address, "none", text).stdout
    assert shelly.device.pulses == (1 if then == "receipt" else pulses)
