"""`gatehouse audit`: the log against heads that were kept elsewhere, certificates, proofs, and the breach kit."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from gatehouse.clock import from_environment
from gatehouse.keeper import local
from gatehouse.keeper.breach import Breach, breach
from gatehouse.keeper.certificate import NotProved
from gatehouse.keeper.client import Client
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.log import read_entries
from gatehouse.keeper.verifying import Verified, heads_of, verify_log


class CannotAudit(ValueError):
    """What is missing or was typed wrongly, and what to do."""


def log_path(home: Path) -> Path:
    return home / "keeper" / "log" / "entries"


def verify_key_of(typed: str) -> bytes:
    """Raises CannotAudit."""
    try:
        key = bytes.fromhex(typed)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise CannotAudit("a key is 64 hexadecimal digits, as `gatehouse audit head` prints it")
    return key


def own_verify_key(home: Path) -> bytes:
    """Of the keeper of this home; for its own user. Raises KeeperError, OSError."""
    with Inspector(home) as inspector:
        return inspector.verify_key()


def head(home: Path, to: Path | None) -> str:
    """The signed head now; added to the end of `to`. Raises KeeperAway, OSError."""
    client = Client(local.socket_path(home))
    try:
        text = client.checkpoint()
    finally:
        client.close()
    if to is not None:
        with to.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
    return text


def verified(log: Path, key: bytes, kept: Sequence[Path]) -> Verified:
    """Raises NotProved, CannotAudit."""
    heads = [head for path in kept for head in heads_of(path.read_text("utf-8"))]
    if not heads:
        raise CannotAudit("no head was found in the files; keep one with: gatehouse audit head --to FILE")
    if not log.exists():
        raise NotProved(f"there is no log at {log}")
    return verify_log(log, key, heads)


def servers_entries(home: Path, told: Sequence[bytes]) -> str:
    """The server's own entries against the hashes that the keeper holds, in words. Raises NotProved, KeeperAway."""
    from gatehouse.server.run import prepare  # noqa: PLC0415  Django is set up for this home first

    prepare(home, from_environment())
    return compare_entries(told)


def compare_entries(told: Sequence[bytes]) -> str:
    """As `servers_entries`, once Django is set up."""
    from gatehouse.server.audit import queries  # noqa: PLC0415

    broken = queries.first_broken_entry()
    if broken is not None:
        raise NotProved(f"the server's entry {broken} was changed, or the one before it was taken out or put in")
    held = queries.hashes_told()
    missing = len(set(told) - set(held)) + len(set(held) - set(told))
    if missing:
        raise NotProved(f"{missing} of the server's entries are not those whose hashes the keeper was told")
    return f"{len(held)} entries of the server's are those that the keeper was told"


def moment_of(typed: str) -> datetime:
    """A date or a moment; without an offset it is UTC. Raises CannotAudit."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError as fault:
        raise CannotAudit(f"{typed} is no moment; write 2026-06-10 or 2026-06-10T14:30+08:00") from fault
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def breached(home: Path, since: str, until: str, actor: str) -> Breach:
    """Raises CannotAudit, KeeperError."""
    begin, end = moment_of(since), moment_of(until)
    if begin >= end:
        raise CannotAudit("--to lies before --from")
    with Inspector(home) as inspector:
        return breach(read_entries(log_path(home)), inspector.pseudonyms(), begin, end, actor)


_CLASSES = {
    "brief": "staff number, initials",
    "names": "name, passages",
    "sensitive": "contact, identity number, bank account, photo, card, plate",
    "work": "working time, pay, personnel file",
    "none": "nothing of a person",
}
_SHOWN = 40


def show_breach(found: Breach, out: Console) -> None:
    whom = found.actor or "everybody but the gates' own computers"
    out.print(f"Looks from {found.since.isoformat()} until {found.until.isoformat()} by {whom}", markup=False)
    if not found.readers:
        out.print("Nobody looked at anybody.")
        return
    out.print("\nWho looked:")
    for one in found.readers:
        refused = f", refused {one.refused} times" if one.refused else ""
        out.print(
            f"  {one.actor} ({one.role}): {one.people} people and things in {one.looks} looks{refused}", markup=False
        )
    out.print(f"\n{len(found.affected)} people and vehicles are affected:")
    for who in found.affected[:_SHOWN]:
        read = "; ".join(_CLASSES.get(cls, cls) for cls in who.classes)
        out.print(f"  {who.id}  {who.looks} looks, last {who.last.isoformat(timespec='minutes')}: {read}", markup=False)
    if len(found.affected) > _SHOWN:
        out.print(f"  and {len(found.affected) - _SHOWN} more: all of them with --json")
    if found.beside:
        out.print(f"\nBesides {found.beside} rows that belong to no person with a key: gates' facts, payments, texts.")
    out.print("\nWho somebody is stands on the page /people/ID/ of the console; each look there is logged again.")
