"""Look at an installation from inside: its files, processes, devices and database."""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from gatehouse.doctor import backups
from gatehouse.doctor.findings import Finding, bad, ok, warn

LEAST_FREE_BYTES = 2 * 1024**3
LEAST_FREE_SHARE = 0.05
CLOCK_PATIENCE_S = 10.0
CERTIFICATE_DAYS = 14  # of 90; the server takes a new one when 30 are left
SILENT_S = 120  # an edge that works is told something, if only that nothing is new, twice a minute
GUESSED_FIRST = frozenset({"", "admin", "12345", "123456", "password", "root", "888888", "admin123"})


def examine(home: Path) -> Iterator[Finding]:
    """Every check in turn. Raises FileNotFoundError when `home` holds no installation, PermissionError when it is
    another user's."""
    if not (home / "keeper").is_dir():
        raise FileNotFoundError(f"{home} holds no Gatehouse; `gatehouse up --home {home}` makes one")
    if not os.access(home / "keeper", os.R_OK | os.X_OK):
        raise PermissionError(f"{home / 'keeper'} is closed to this user; run the doctor as the user that owns it")
    checks: tuple[Callable[[Path], Iterator[Finding]], ...] = (
        secret_files,
        root_key_on_disk,
        users,
        processes,
        listening,
        certificate,
        debug,
        database,
        edge_contact,
        disk,
        machine_clock,
        core_dumps,
        *backups.CHECKS,
    )
    for check in checks:
        yield from check(home)


def secret_files(home: Path) -> Iterator[Finding]:
    """Nobody but the owner may read what lies in the two folders with secrets."""
    open_to_others = [
        path
        for folder in (home / "keeper", home / "edge")
        if folder.is_dir()
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink() and _is_open(folder, path) and _reachable(folder, path)
    ]
    for path in open_to_others:
        mode = stat.S_IMODE(path.stat().st_mode)
        yield bad("secrets.permissions", f"{path} can be read by others ({mode:04o})", f"chmod go= {path}")
    if not open_to_others:
        yield ok("secrets.permissions", "keys, log and spool can be read by their owner only")


def _is_open(folder: Path, path: Path) -> bool:
    """The keeper's socket, and its folder for whoever knows the socket's name, are for the server's user where that is
    another one; `peers.json` says whom the keeper hears."""
    mode = path.stat().st_mode
    if (folder / "peers.json").exists() and (path == folder or stat.S_ISSOCK(mode)):
        return not stat.S_ISSOCK(mode) and bool(stat.S_IMODE(mode) & 0o066)
    return bool(stat.S_IMODE(mode) & 0o077)


def _reachable(folder: Path, path: Path) -> bool:
    """A file inside a folder that is closed to others cannot be reached, whatever its own mode."""
    return path == folder or bool(stat.S_IMODE(folder.stat().st_mode) & 0o077)


def root_key_on_disk(home: Path) -> Iterator[Finding]:
    """A file, a systemd credential, or both: then the file would still do for a thief."""
    on_disk = (home / "keeper" / "root.key").exists()
    if backups.told_by_keeper(home).get("root_key") == "credential":
        if on_disk:
            yield bad(
                "root_key.on_disk",
                "the root key is a systemd credential, and still a file on this disk",
                f"shred -u {home / 'keeper' / 'root.key'}",
            )
        else:
            yield ok("root_key.on_disk", "the root key is a systemd credential, not a file")
    elif on_disk:
        yield warn(
            "root_key.on_disk",
            "the root key is a file on this disk: a thief of the whole disk can read everything",
            "encrypt the disk, or make it a systemd credential (docs/recipes/backup.md)",
        )


def users(home: Path) -> Iterator[Finding]:
    """The cap on a compromised web process holds only when the keeper's files belong to another user."""
    owners = {name: (home / name).stat().st_uid for name in ("keeper", "server", "edge") if (home / name).is_dir()}
    if owners.get("keeper") in (owners.get("server"), owners.get("edge")):
        yield bad(
            "users.shared",
            "keeper, server and edge run as one user: whoever takes over one of them can read the keys",
            "sudo gatehouse install --system gives each a user of its own",
        )
    else:
        yield ok("users.shared", "the keeper has a user of its own")


def processes(home: Path) -> Iterator[Finding]:
    path = home / "keeper" / "keeper.sock"
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            yield ok("keeper.answers", "the keeper answers")
        except OSError:
            yield bad(
                "keeper.silent",
                "the keeper does not answer: gates work, names cannot be shown",
                f"gatehouse up --home {home}",
            )


def listening(home: Path) -> Iterator[Finding]:
    """Sockets of this user's processes that other machines can reach, but for the one that tablets are meant to."""
    meant = terminals_port(home)
    public = sorted((port, name) for port, name in _public_ports() if port != meant)
    for port, name in public:
        yield warn(
            "listening.public",
            f"{name} listens on port {port} for every network",
            "bind it to 127.0.0.1, or close the port in the firewall",
        )
    if not public:
        yield ok("listening.public", "nothing of this user's listens beyond this machine")


def terminals_port(home: Path) -> int | None:
    """Where this home's edge hears its terminals; it asks each for its pairing."""
    try:
        place = json.loads((home / "edge" / "edge.json").read_bytes())["terminals"]
        return int(str(place).rpartition(":")[2])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def certificate(home: Path) -> Iterator[Finding]:
    """How the running server is reached, as it left word itself, and how long its certificate holds."""
    try:
        said = json.loads((home / "server" / "address.json").read_text("utf-8"))
        origin, own = str(said["origin"]), said["tls"] == "own"
        until = datetime.fromisoformat(said["until"]) if said["until"] else None
    except (OSError, ValueError, KeyError, TypeError):
        yield ok("tls.local_only", "only this machine is answered; others need `gatehouse up --host NAME`")
        return
    if until is None:
        yield ok("tls.certificate", f"{origin} is answered through a proxy, which keeps the certificate")
        return
    left = (until - datetime.now(UTC)).days
    mend = "renew it; new files are taken within the hour" if own else "start the server again, and see its log"
    if left < 0:
        yield bad("tls.certificate", f"the certificate of {origin} has ended", mend)
    elif left < CERTIFICATE_DAYS:
        yield warn("tls.certificate", f"the certificate of {origin} ends in {left} days", mend)
    else:
        yield ok("tls.certificate", f"the certificate of {origin} holds until {until:%Y-%m-%d}")


def _public_ports() -> set[tuple[int, str]]:
    """(port, program) of TCP sockets in LISTEN (state 0A of /proc/net/tcp) that are not bound to loopback."""
    by_inode: dict[str, int] = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError):
            for line in Path(table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                address, port = fields[1].split(":")
                # Addresses are little-endian words: 127.x ends in 7F; ::1 is 31 zeros and a word of 1.
                loopback = address.endswith("7F") or address == "0" * 24 + "01000000"
                if fields[3] == "0A" and not loopback:
                    by_inode[fields[9]] = int(port, 16)
    return {(by_inode[inode], name) for inode, name in _own_sockets() if inode in by_inode}


def _own_sockets() -> Iterator[tuple[str, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name = (folder / "comm").read_text("utf-8").strip()
            for entry in (folder / "fd").iterdir():
                target = os.readlink(entry)
                if target.startswith("socket:["):
                    yield target[8:-1], name


def debug(home: Path) -> Iterator[Finding]:
    if os.environ.get("GATEHOUSE_DEBUG"):
        yield bad(
            "debug.on", "GATEHOUSE_DEBUG is set: error pages show the program's insides", "unset it and start again"
        )
    else:
        yield ok("debug.on", "debug is off")


def database(home: Path) -> Iterator[Finding]:
    """What the tables tell about gates, or that they cannot be read: empty, broken, or not made yet."""
    try:
        yield from devices(home)
        yield from lanes_alone(home)
        yield from alarms(home)
        yield from faces_alone(home)
    except sqlite3.Error as fault:
        yield bad(
            "database.unreadable",
            f"{home / 'server' / 'gatehouse.db'} cannot be read ({fault})",
            f"gatehouse up --home {home} makes missing tables; for a broken file put back a copy of it",
        )


def devices(home: Path) -> Iterator[Finding]:
    """Gates without a relay, which say that somebody passed and open nothing; relays that anybody on their network
    may pulse; cameras with the password they were delivered with."""
    for (code,) in _select(
        home,
        "SELECT code FROM gates_gate g WHERE NOT EXISTS"
        " (SELECT 1 FROM gates_device d WHERE d.gate_id = g.id AND d.kind = 'relay') ORDER BY code",
    ):
        yield warn("gate.no_relay", f"gate {code} has no relay: it opens nothing", "add one under Devices")
    for kind, code, address, has_secret in _select(
        home,
        "SELECT d.kind, g.code, d.address, d.secret_cell IS NOT NULL FROM gates_device d"
        " JOIN gates_gate g ON g.id = d.gate_id",
    ):
        parts = urlsplit(str(address))
        if kind == "relay" and not has_secret:
            yield warn(
                "relay.no_password",
                f"the relay of gate {code} takes orders from anybody on its network",
                "set a password on the relay and enter it with the device",
            )
        if parts.password is not None and parts.password.lower() in GUESSED_FIRST:
            yield bad(
                "device.weak_password",
                f"the {kind} of gate {code} has a password that everybody tries first",
                "change it on the device, then enter the new one",
            )


def lanes_alone(home: Path) -> Iterator[Finding]:
    """Exits that hold every car they do not know to be paid while the server is away: somebody may be locked in."""
    held = _select(home, "SELECT code FROM gates_gate WHERE collects AND server_away = 'hold' ORDER BY code")
    for (code,) in held:
        yield warn(
            "lane.holds_alone",
            f"exit {code} lets nobody out whose payment it has not heard of while the server is away",
            "let it open and record what is owed (docs/recipes/offline.md), or have somebody near it",
        )
    if not held:
        yield ok("lane.holds_alone", "no exit locks drivers in while the server is away")


def faces_alone(home: Path) -> Iterator[Finding]:
    """Nobody has to give their face: a gate that takes faces takes something else as well."""
    for code, means in _select(home, "SELECT code, means FROM gates_gate ORDER BY code"):
        taken = set(json.loads(str(means)))
        if "face" in taken and taken.isdisjoint({"pass", "card", "pin"}):
            yield warn(
                "gate.face_alone",
                f"gate {code} takes faces and nothing else, so whoever gives no face cannot pass",
                "add card, PIN or QR pass to its ways in, in the back office under Gates",
            )


def edge_contact(home: Path) -> Iterator[Finding]:
    """What the edge of this machine says of itself, where there is one; it writes that every few seconds."""
    path = home / "edge" / "status.json"
    try:
        told = json.loads(path.read_text("utf-8"))
        silent_s, doubtful = int(told["silent_s"]), bool(told["clock_doubtful"])
        cut_off = sorted(str(lane["gate"]) for lane in told["lanes"] if lane["does"] != "rules")
    except (OSError, ValueError, KeyError, TypeError):
        return
    outdated = int((told.get("faces") or {}).get("outdated", 0))
    if outdated:
        yield warn(
            "faces.outdated",
            f"{outdated} people were enrolled by face with an older model: doors know them by card, pass and PIN only",
            "enrol them anew: People, Faces",
        )
    if doubtful:
        yield bad(
            "edge.clock",
            "the edge does not know the time: faces and passes are refused, stays from now on have no price",
            "timedatectl set-ntp true, or set the clock by hand",
        )
    if silent_s > SILENT_S:
        lanes = f"; these lanes decide alone: {', '.join(cut_off)}" if cut_off else ""
        yield warn(
            "edge.silent",
            f"the edge has not heard its server for {silent_s // 60} minutes{lanes}",
            f"gatehouse edge status --home {home}",
        )
    else:
        yield ok("edge.silent", "the edge hears its server")


def alarms(home: Path) -> Iterator[Finding]:
    """Lost cameras and relays and whatever else a gate has reported that nobody has looked at."""
    for gate, kind, count in _select(
        home, "SELECT gate, kind, COUNT(*) FROM gates_gatealarm WHERE NOT seen GROUP BY gate, kind ORDER BY gate, kind"
    ):
        times = "" if count == 1 else f" ({count} times)"
        where = gate or ("the server's jobs" if str(kind).endswith(("_fail", "_fails")) else "the edge")
        what = f"{where}: {str(kind).replace('_', ' ')}{times}"
        yield warn("gate.alarm", what, "see the gate's tile on Watch")


def _select(home: Path, query: str) -> list[tuple[object, ...]]:
    """Rows of the embedded database, none where there is none (PostgreSQL is asked by the console's own pages)."""
    path = home / "server" / "gatehouse.db"
    if not path.exists():
        return []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def disk(home: Path) -> Iterator[Finding]:
    usage = shutil.disk_usage(home)
    text = f"{usage.free / 1024**3:.1f} GB free where {home} lies"
    if usage.free < LEAST_FREE_BYTES or usage.free < usage.total * LEAST_FREE_SHARE:
        yield bad("disk.full", text, "free some space: gates cannot write down what happens on a full disk")
    else:
        yield ok("disk.full", text)


def machine_clock(home: Path) -> Iterator[Finding]:
    """Stays, shifts and signatures need the right time."""
    program = shutil.which("timedatectl")
    answer = ""
    if program:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            run = subprocess.run(  # noqa: S603 - a fixed program
                [program, "show", "-p", "NTPSynchronized", "--value"],
                capture_output=True,
                text=True,
                check=False,
                timeout=CLOCK_PATIENCE_S,
            )
            answer = run.stdout.strip()
    if answer == "yes":
        yield ok("clock.synchronised", "the clock is kept by a time server")
    else:
        said = "is not kept by a time server" if answer == "no" else "could not be checked here"
        yield warn("clock.synchronised", f"this machine's clock {said}", "timedatectl set-ntp true")


def core_dumps(home: Path) -> Iterator[Finding]:
    with contextlib.suppress(FileNotFoundError):
        pattern = Path("/proc/sys/kernel/core_pattern").read_text("utf-8").strip()
        if pattern.startswith("|"):
            yield warn(
                "core_dumps",
                "crashing programs are handed to a collector; Gatehouse switches core dumps off for the keeper only",
                "ulimit -c 0 for the edge and the server",
            )
