"""The demo's story, told once for every test that looks at what it left behind.

The processes have ended by then and the home stays: whoever wants to change something in it takes a copy.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "gatehouse"]
WITHIN_S = 360


@dataclass(frozen=True)
class Told:
    """What `gatehouse demo --once --json --home HOME` said. `home` holds the folders `box` and `gates`."""

    home: Path
    code: int
    out: str
    err: str

    @cached_property
    def report(self) -> dict[str, Any]:
        return json.loads(self.out)

    @cached_property
    def steps(self) -> dict[str, dict[str, Any]]:
        return {step["name"]: step for step in self.report["steps"]}

    def copy_to(self, folder: Path) -> Path:
        """A copy of the whole home that a test may spoil."""
        return Path(shutil.copytree(self.home, folder / "copy", ignore=shutil.ignore_patterns("*.sock")))


def tell(home: Path) -> Told:
    done = subprocess.run(
        [*COMMAND, "demo", "--once", "--json", "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    return Told(home, done.returncode, done.stdout, done.stderr)
