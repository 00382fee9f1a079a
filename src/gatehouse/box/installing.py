"""`gatehouse install --system`: users, folders and units, so that no process reads another one's secrets.

Every step is one that can be repeated: what is there already stays as it is.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import msgspec

import gatehouse
from gatehouse.address import Address
from gatehouse.box.units import CREDENTIAL, ENCRYPTED, USERS, Layout, units
from gatehouse.machine import replace_durably
from gatehouse.vision import packs

UNITS = Path("/etc/systemd/system")
HOME, EDGE_HOME = Path("/var/lib/gatehouse"), Path("/var/lib/gatehouse-edge")
HIDDEN = (Path("/root"), Path("/home"), Path("/run/user"))  # which ProtectHome= closes to the services
ROOT = "root"
KEY_BYTES = 32


class CannotInstall(Exception):
    """Why not, and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """`said` is what a shell would be told."""

    said: str
    act: Callable[[], object]


def layout(home: Path, port: int, address: Address | None) -> Layout:
    """For the Gatehouse that is asked."""
    sealed = not (home / "keeper" / "root.key").exists() and (ENCRYPTED.exists() or bool(shutil.which("systemd-creds")))
    return Layout(home, EDGE_HOME, Path(sys.executable), packs.models_home(), port, address, sealed)


def obstacles(of: Layout) -> list[str]:
    """Why the services could not run from here."""
    found = []
    for path in (of.python, of.python.resolve(), Path(gatehouse.__file__).resolve(), of.models.resolve()):
        if any(hidden in path.absolute().parents for hidden in HIDDEN):
            found.append(f"{path} lies in a home folder, which services do not see; put Gatehouse into /opt/gatehouse")
    return found


def plan(of: Layout, folder: Path = UNITS) -> list[Step]:
    """In order. Nothing is done yet."""
    steps = [_user(name) for name in USERS if not _exists(name)]
    steps += [
        _folder(of.home, ROOT, 0o755),
        _folder(of.home / "keeper", USERS[0], 0o711),
        _folder(of.home / "server", USERS[1], 0o700),
        _folder(of.home / "logs", USERS[1], 0o700),
        _folder(of.edge_home, USERS[2], 0o700),
        Step(f"write {of.home}/keeper/peers.json: {USERS[1]} and root may ask the keeper", lambda: _peers(of.home)),
    ]
    if of.credential and not ENCRYPTED.exists():
        steps.append(Step(f"systemd-creds encrypt --name={CREDENTIAL} - {ENCRYPTED}  # a new root key", _seal_root_key))
    for name, text in units(of).items():
        steps.append(Step(f"write {folder / name}", lambda at=folder / name, text=text: _write(at, text)))  # type: ignore[misc]
    steps.append(_command("systemctl", "daemon-reload"))
    steps.append(_command("systemctl", "enable", "--now", "gatehouse-keeper", "gatehouse-server"))
    return steps


def run(of: Layout, say: Callable[[str], None]) -> None:
    """Raises CannotInstall, at the step that failed; what was done before stays and is not done twice."""
    if os.geteuid() != 0:
        raise CannotInstall("making users and services needs root: sudo gatehouse install --system")
    if shutil.which("systemctl") is None:
        raise CannotInstall("there is no systemd here; --dry-run prints what to do by hand")
    for why in obstacles(of):
        raise CannotInstall(why)
    for step in plan(of):
        say(step.said)
        try:
            step.act()
        except (OSError, KeyError, subprocess.CalledProcessError) as fault:
            told = getattr(fault, "stderr", "") or str(fault)
            raise CannotInstall(f"this failed: {step.said}\n{told}".strip()) from fault


def after(of: Layout) -> list[str]:
    """What is left for a person to do."""
    where = f"--at {of.address.origin}" if of.address else f"--port {of.port}"
    return [
        "The first owner's link, once for a day:",
        f"  sudo gatehouse keeper invite --home {of.home} {where}",
        "When there is a site, its edge on this machine:",
        f"  sudo gatehouse edge make --home {of.edge_home} --of {of.home} --port {of.port} --site CODE",
        "Look it over:",
        f"  sudo gatehouse doctor --home {of.home}",
    ]


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _run(*words: str, given: bytes | None = None) -> None:
    subprocess.run(words, input=given, check=True, capture_output=True)  # noqa: S603 - our own words, no shell


def _command(*words: str) -> Step:
    return Step(" ".join(words), lambda: _run(*words))


def _user(name: str) -> Step:
    return _command("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                    "--shell", "/usr/sbin/nologin", name)  # fmt: skip


def _folder(path: Path, owner: str, mode: int) -> Step:
    return Step(f"install -d -o {owner} -g {owner} -m {mode:04o} {path}", lambda: _make(path, owner, mode))


def _make(path: Path, owner: str, mode: int) -> None:
    """A folder with all that is in it: a home that one user ran until now is handed over."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if owner != ROOT:
        give(path, owner)


def give(path: Path, owner: str) -> None:
    """To a user, with everything in it. No link is followed, and no folder can be swapped for one meanwhile: what lies
    there may be anybody's making."""
    who = pwd.getpwnam(owner)
    for _, names, files, handle in os.fwalk(path):
        for name in (*names, *files):
            os.chown(name, who.pw_uid, who.pw_gid, dir_fd=handle, follow_symlinks=False)
    os.chown(path, who.pw_uid, who.pw_gid, follow_symlinks=False)


def _peers(home: Path) -> None:
    file = home / "keeper" / "peers.json"
    replace_durably(file, msgspec.json.encode({"uids": [pwd.getpwnam(USERS[1]).pw_uid, 0]}))
    give(file, USERS[0])


def _seal_root_key() -> None:
    """A new key that only this machine (its TPM where it has one) can open, and that no file holds in the clear."""
    ENCRYPTED.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run("systemd-creds", "encrypt", f"--name={CREDENTIAL}", "-", str(ENCRYPTED), given=token_bytes(KEY_BYTES))


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o644)
