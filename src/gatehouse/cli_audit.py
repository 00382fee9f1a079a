"""`gatehouse audit`: what an auditor, a data officer or somebody after a theft asks of the log."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer

from gatehouse.terminal import AsJson, Home, fail, say, using

audit_app = typer.Typer(help="The log of looks: heads, proofs, certificates, who is affected.", no_args_is_help=True)
Key = Annotated[str, typer.Option("--key", metavar="HEX", help="The keeper's public key, as you were given it.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file.")]


@audit_app.command("head")
def audit_head(
    home: Home,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Add the head to the end of this file.")
    ] = None,
) -> None:
    """Print the signed head of the log, to keep on another machine. Each head proves every line before it."""
    from gatehouse.box import auditing
    from gatehouse.keeper.client import KeeperAway
    from gatehouse.keeper.errors import KeeperError

    try:
        with using(home):
            text, key = auditing.head(home.absolute(), to), auditing.own_verify_key(home.absolute())
    except KeeperAway:
        fail(f"no keeper answers in {home}; start it first: gatehouse up --home {home}")
    except KeeperError as fault:
        fail(str(fault))
    sys.stdout.write(text)
    say(f"Key: {key.hex()}")


@audit_app.command("verify")
def audit_verify(
    home: Home,
    head: Annotated[list[Path], typer.Option("--head", metavar="FILE", help="Heads kept elsewhere; more than once.")],
    key: Key = "",
    log: Annotated[
        Path | None, typer.Option("--log", metavar="FILE", help="A copy of the log, instead of the home's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the log with heads that were kept elsewhere. Ends with 1 when it was edited, cut, reordered or forked."""
    from gatehouse.box import auditing
    from gatehouse.keeper.certificate import NotProved
    from gatehouse.keeper.client import KeeperAway
    from gatehouse.keeper.errors import KeeperError

    home = home.absolute()
    beside = ""
    try:
        with using(home):
            trusted = auditing.verify_key_of(key) if key else auditing.own_verify_key(home)
            found = auditing.verified(log or auditing.log_path(home), trusted, head)
            if log is None:
                try:
                    beside = auditing.servers_entries(home, found.hashes)
                except KeeperAway:
                    beside = "the server's entries were not compared: no keeper answers in this home"
    except (auditing.CannotAudit, KeeperError) as fault:
        fail(str(fault), 2)
    except NotProved as fault:
        if as_json:
            sys.stdout.write(json.dumps({"ok": False, "why": str(fault)}) + "\n")
            raise typer.Exit(1) from fault
        fail(f"not as it was: {fault}")
    if as_json:
        told = {"ok": True, "lines": found.lines, "proved": found.proved, "heads": found.heads, "server": beside}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    say(f"{found.proved} of {found.lines} lines are proved by {found.heads} heads: nothing was edited, cut or moved.")
    if found.proved < found.lines:
        say(f"{found.lines - found.proved} lines are newer than the last head. Keep a new one: gatehouse audit head")
    if beside:
        say(beside[0].upper() + beside[1:] + ".")


@audit_app.command("certificate")
def audit_certificate(file: File, home: Home, key: Key = "", as_json: AsJson = False) -> None:
    """Check the certificate of an erasure: its signature, and that its line stands in the log."""
    from gatehouse.keeper.certificate import NotProved, check_certificate, fingerprint

    try:
        data = file.read_bytes()
        facts = check_certificate(data)
        trusted = _is_trusted(home, key, facts.log.verify_key)
    except OSError as fault:
        fail(f"{file} cannot be read ({fault.strerror})", 2)
    except NotProved as fault:
        _not_proved(fault, as_json=as_json)
    if as_json:
        told = {"ok": True, "trusted": trusted, "facts": msgspec.to_builtins(facts)}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    say(f"Genuine. Number {fingerprint(data)}, of {facts.at.isoformat(timespec='minutes')}, by {facts.origin}.")
    say(f"Subject {facts.subject}, asked by {facts.asked_by} ({facts.role}), line {facts.log.place + 1} of the log.")
    for gone in facts.destroyed:
        say(f"  destroyed: {gone.key}" + ("" if gone.keys else " (there was no key any more)"))
    for held in facts.stays:
        say(
            f"  stays: {held.key} until {held.until}, {held.why} {held.reference}".rstrip()
            + f", laid by {held.laid_by}"
        )
    _say_trust(facts.log.verify_key, trusted=trusted)


@audit_app.command("proof")
def audit_proof(file: File, home: Home, key: Key = "", as_json: AsJson = False) -> None:
    """Check the proof of one look, as a worker takes it from their own page."""
    from gatehouse.keeper.certificate import NotProved, check_proof

    try:
        proof, entry = check_proof(file.read_bytes())
        trusted = _is_trusted(home, key, proof.verify_key)
    except OSError as fault:
        fail(f"{file} cannot be read ({fault.strerror})", 2)
    except NotProved as fault:
        _not_proved(fault, as_json=as_json)
    if as_json:
        line = {"at": entry.at.isoformat(), "kind": entry.kind, "actor": entry.actor, "purpose": entry.purpose}
        sys.stdout.write(json.dumps({"ok": True, "trusted": trusted, "place": proof.place, "entry": line}) + "\n")
        return
    say(f"Genuine. Line {proof.place + 1} of the log: {entry.kind} by {entry.actor} ({entry.role}), {entry.purpose},")
    say(f"at {entry.at.isoformat(timespec='seconds')}.")
    _say_trust(proof.verify_key, trusted=trusted)


@audit_app.command("breach")
def audit_breach(
    home: Home,
    since: Annotated[str, typer.Option("--from", metavar="T", help="Since when: a date or moment, UTC if not said.")],
    until: Annotated[str, typer.Option("--to", metavar="T", help="Until when, without that moment.")],
    actor: Annotated[str, typer.Option(metavar="ID", help="Only what this operator, job or edge saw.")] = "",
    as_json: AsJson = False,
) -> None:
    """Who is affected by a theft or a stolen login, and what could have been read, from the log."""
    from gatehouse.box import auditing
    from gatehouse.keeper.errors import KeeperError
    from gatehouse.terminal import out

    try:
        with using(home):
            found = auditing.breached(home.absolute(), since, until, actor)
    except (auditing.CannotAudit, KeeperError) as fault:
        fail(str(fault), 2)
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        auditing.show_breach(found, out)


def _is_trusted(home: Path, key: str, signed_by: str) -> bool:
    """Whether the key in the file is the one that was given, or this home's own. Raises NotProved for another's."""
    from gatehouse.box import auditing
    from gatehouse.keeper.certificate import NotProved
    from gatehouse.keeper.errors import KeeperError

    try:
        expected = auditing.verify_key_of(key) if key else auditing.own_verify_key(home.absolute())
    except auditing.CannotAudit as fault:
        fail(str(fault), 2)
    except (KeeperError, OSError):
        return False
    if expected.hex() != signed_by:
        raise NotProved("another keeper signed it than the one whose key is expected")
    return True


def _say_trust(verify_key: str, *, trusted: bool) -> None:
    if trusted:
        say("The key is the expected one.")
    else:
        say(f"Nobody says yet whose key this is. Compare it with the one that you were given: {verify_key}")


def _not_proved(fault: Exception, *, as_json: bool) -> NoReturn:
    if as_json:
        sys.stdout.write(json.dumps({"ok": False, "why": str(fault)}) + "\n")
        raise typer.Exit(1)
    fail(f"not genuine: {fault}")
