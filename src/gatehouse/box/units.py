"""The three services of one machine as systemd runs them: keeper, server and edge, each under a user of its own.

What each may is what it needs. The keeper has no network at all; the server cannot read a file of the keeper's folder,
and reaches its socket by name alone.
"""

from dataclasses import dataclass
from pathlib import Path

from gatehouse.address import Address, Tls

USERS = ("gatehouse-keeper", "gatehouse-server", "gatehouse-edge")
CREDENTIAL = "gatehouse.root-key"
ENCRYPTED = Path("/etc/credstore.encrypted") / CREDENTIAL
SETTINGS = Path("/etc/gatehouse/server.env")
LOWEST_FREE_PORT = 1024  # below it the server needs a capability

_ALL = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
RemoveIPC=yes
Restart=always
RestartSec=2
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies. `credential`: the root key comes from systemd, sealed to this machine, and lies in no
    home."""

    home: Path
    edge_home: Path
    python: Path
    models: Path
    port: int
    address: Address | None
    credential: bool


def units(layout: Layout) -> dict[str, str]:
    """File name -> text."""
    return {
        "gatehouse-keeper.service": _keeper(layout),
        "gatehouse-server.service": _server(layout),
        "gatehouse-edge.service": _edge(layout),
    }


def _unit(about: str, start: str, service: str) -> str:
    return f"[Unit]\nDescription={about}\n{start}\n[Service]\n{service}{_ALL}\n[Install]\nWantedBy=multi-user.target\n"


def _exec(layout: Layout, *words: str) -> str:
    said = [str(layout.python), "-m", "gatehouse", *words]
    return "ExecStart=" + " ".join(f'"{word}"' if " " in word else word for word in said) + "\n"


def _keeper(layout: Layout) -> str:
    at = ["--at", layout.address.origin] if layout.address else []
    own = (
        f"User={USERS[0]}\n"
        + _exec(layout, "keeper", "run", "--home", str(layout.home), *at)
        + f"ReadWritePaths={layout.home}/keeper\n"
        + (f"LoadCredentialEncrypted={CREDENTIAL}:{ENCRYPTED}\n" if layout.credential else "")
        + "RestrictAddressFamilies=AF_UNIX\nPrivateNetwork=yes\nIPAddressDeny=any\nMemoryDenyWriteExecute=yes\n"
        "CapabilityBoundingSet=\nOOMScoreAdjust=-500\n"
    )
    return _unit("Gatehouse keeper: the process that holds the keys", "", own)


def _server(layout: Layout) -> str:
    words = layout.address.words if layout.address else []
    listens = layout.address is not None and layout.address.tls is not Tls.PROXY
    low = listens and layout.address is not None and layout.address.port < LOWEST_FREE_PORT
    right = "CAP_NET_BIND_SERVICE" if low else ""
    own = (
        f"User={USERS[1]}\n"
        + _exec(layout, "server", "--home", str(layout.home), "--port", str(layout.port), *words)
        + f"ReadWritePaths={layout.home}/server {layout.home}/logs\n"
        + f"EnvironmentFile=-{SETTINGS}\nEnvironment=GATEHOUSE_MODELS={layout.models}\n"
        + f"CapabilityBoundingSet={right}\n"
        + (f"AmbientCapabilities={right}\n" if right else "")
        + "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
    )
    return _unit(
        "Gatehouse server: pages, API and jobs",
        "Requires=gatehouse-keeper.service\nAfter=gatehouse-keeper.service network-online.target\n"
        "Wants=network-online.target\n",
        own,
    )


def _edge(layout: Layout) -> str:
    own = (
        f"User={USERS[2]}\n"
        + _exec(layout, "edge", "run", "--home", str(layout.edge_home))
        + f"ReadWritePaths={layout.edge_home}\nInaccessiblePaths={layout.home}\n"
        + f"Environment=GATEHOUSE_MODELS={layout.models}\nCapabilityBoundingSet=\n"
        + "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
    )
    return _unit(
        "Gatehouse edge: the process at the gates",
        f"After=network-online.target\nWants=network-online.target\n"
        f"ConditionPathExists={layout.edge_home}/edge/device.key\n",
        own,
    )
