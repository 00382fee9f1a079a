"""`gatehouse backup`, `gatehouse restore`, and what `gatehouse keeper` says of keys: roll, recovery-key, rehearse."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from gatehouse.terminal import AsJson, Home, fail, follow, out, progress_bar, say, using

KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="A file with the recovery key, - for standard input. Asked for if not given."),
]


def add_to(app: typer.Typer, keeper_app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)
    keeper_app.command("roll")(roll)
    keeper_app.command("recovery-key")(recovery_key)
    keeper_app.command("rehearse")(rehearse)


def _secret(file: Path | None, prompt: str = "Recovery key") -> str:
    """Typed, and not shown; or out of a file, comments of age-keygen left out."""
    if file is None:
        if not sys.stdin.isatty():
            fail("the recovery key is asked for in a terminal; elsewhere say --key-file FILE, or --key-file -")
        return str(typer.prompt(prompt, hide_input=True)).strip()
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8", "replace")
    except OSError as fault:
        fail(f"{file} cannot be read ({fault.strerror})")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return lines[0] if lines else ""


def backup(
    home: Home,
    to: Annotated[Path | None, typer.Option("--to", help="Another folder for the data than HOME/backups/data.")] = None,
    recipient: Annotated[
        str, typer.Option("--recipient", help="Seal the data to this age1... instead of the recovery key.")
    ] = "",
    keep: Annotated[int, typer.Option("--keep", min=1, help="How many backups of the data stay.")] = 14,
    as_json: AsJson = False,
) -> None:
    """Write a backup of the data and a snapshot of the keys. The box may run meanwhile; nothing in either is readable
    without the recovery key."""
    from gatehouse.box.backing_up import CannotBackUp, back_up

    try:
        with using(home), progress_bar() as progress:
            made = back_up(home.absolute(), to, recipient, keep, follow(progress, "writing", quiet=as_json))
    except CannotBackUp as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(json.dumps(made.as_dict()) + "\n")
        return
    say(f"Data: {made.data} ({made.bytes / 1e6:.1f} MB, read back and whole)")
    say(f"Keys: {made.keys}")
    say("Copy both folders to another place; docs/recipes/backup.md says how.")


def restore(
    home: Home,
    source: Annotated[Path, typer.Option("--from", help="The backups' folder of the lost installation.")],
    data: Annotated[Path | None, typer.Option("--data", help="Another backup than the newest.")] = None,
    keys: Annotated[Path | None, typer.Option("--keys", help="Another key snapshot than the newest.")] = None,
    key_file: KeyFile = None,
    data_key_file: Annotated[
        Path | None, typer.Option("--data-key-file", help="The key of a backup that was sealed to a --recipient.")
    ] = None,
    without_log: Annotated[
        bool, typer.Option("--without-log", help="Begin a new audit log: the copies of the old one are lost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an installation again in an empty HOME. Needs the recovery key."""
    from gatehouse.box import restoring

    secret = _secret(key_file)
    data_secret = _secret(data_key_file) if data_key_file else ""
    wanted = restoring.Wanted(source.absolute(), secret, data_secret, data, keys, without_log)
    told: list[str] = []
    try:
        with using(home), progress_bar() as progress:
            bar = follow(progress, "reading", quiet=as_json)
            done = restoring.restore(home.absolute(), wanted, told.append, bar)
    except restoring.CannotRestore as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(json.dumps(done.as_dict() | {"warnings": told}) + "\n")
        return
    for line in told:
        out.print(f"[yellow]{line}[/]")
    say(f"Data of {done.data_made_at}, {done.keys} keys of {done.keys_made_at}, {done.entries} entries of the log.")
    if done.erased:
        say(f"{done.erased} keys that were destroyed after that snapshot are destroyed here too.")
    say("Everybody signs in anew. Erasures of which no snapshot tells must be repeated: docs/recipes/backup.md.")
    say(f"Start it: gatehouse up --home {home}")


def roll(
    home: Home,
    root: Annotated[bool, typer.Option("--root", help="A new root key as well, where it is a file.")] = False,
) -> None:
    """Wrap all keys anew under a new key-encryption key, as every night."""
    from gatehouse.box import key_care

    try:
        count = key_care.roll(home.absolute(), "root" if root else "kek")
    except key_care.CannotCare as fault:
        fail(str(fault))
    say(f"{count} keys are wrapped anew" + (", under a new root key." if root else "."))


def recovery_key(
    home: Home,
    replace: Annotated[
        bool, typer.Option("--replace", help="Make another, and destroy the snapshots for the first.")
    ] = False,
) -> None:
    """Make the recovery key and show it once. Write it down; it is kept nowhere."""
    from gatehouse.box import key_care

    try:
        identity = key_care.new_recovery_key(home.absolute(), replace=replace)
    except key_care.CannotCare as fault:
        fail(str(fault))
    for line in key_care.shown(identity, home):
        out.print(line, markup=False)
    try:
        key_care.keep(home.absolute(), identity)
    except key_care.CannotCare as fault:
        fail(f"{fault}; the key above is worth nothing, run this again")


def rehearse(home: Home, key_file: KeyFile = None, as_json: AsJson = False) -> None:
    """Prove that the recovery key opens the newest key snapshot and the newest backup. Changes nothing."""
    from gatehouse.box import rehearsing

    try:
        with using(home), progress_bar() as progress:
            found = rehearsing.rehearse(home.absolute(), _secret(key_file), follow(progress, "reading", quiet=as_json))
    except rehearsing.Failed as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict()) + "\n")
        return
    for line in found.lines():
        say(line)
