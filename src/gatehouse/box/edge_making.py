"""`gatehouse edge make`: a site's edge in a home of its own, where keeper, server and edge are three users."""

import os
import secrets
from pathlib import Path

from gatehouse.box.local_api import ApiProblem, LocalApi
from gatehouse.box.processes import StartFailed
from gatehouse.box.tending import key_texts, keys_of
from gatehouse.edge import config
from gatehouse.edge.errors import EdgeError
from gatehouse.keeper.client import KeeperAway


def make(home: Path, of: Path, port: int, code: str) -> str:
    """The edge's id. The home stays that of its folder's owner. Raises StartFailed."""
    try:
        with LocalApi(of, port) as api:
            sites = [site for site in api.get("sites") if site["code"] == code]
            if not sites:
                raise StartFailed(f"there is no site {code}")
            welcome = keys_of(of)
            edge = f"edge-{secrets.token_hex(4)}"
            public = config.init(
                home,
                f"http://127.0.0.1:{port}",
                edge=edge,
                site=sites[0]["id"],
                keeper_seal_key=welcome.seal_key,
                keeper_verify_key=welcome.verify_key,
            )
            api.post(f"sites/{sites[0]['id']}/edges", edge=edge, **key_texts(public))
    except (ApiProblem, EdgeError, KeeperAway) as fault:
        raise StartFailed(str(fault) or type(fault).__name__) from fault
    _hand_over(home)
    return edge


def _hand_over(home: Path) -> None:
    """What root made in another user's folder becomes theirs."""
    owner = home.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for path in (config.folder(home), *config.folder(home).iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
