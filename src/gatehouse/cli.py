"""The `gatehouse` command. Each verb imports its room when it is called, so that `--help` answers at once."""

import json
import os
import sys
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gatehouse import cli_backup
from gatehouse.cli_audit import audit_app
from gatehouse.cli_enrol import enrol_app
from gatehouse.cli_eval import eval_app
from gatehouse.cli_muster import muster_app
from gatehouse.terminal import (
    AsJson,
    BehindProxy,
    Cert,
    CertKey,
    Home,
    Host,
    HttpsPort,
    Port,
    SignInAt,
    err,
    fail,
    follow,
    out,
    progress_bar,
    say,
    using,
)

app = typer.Typer(
    name="gatehouse",
    help="Doors, barriers, attendance and paid parking, with nothing readable at rest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
keeper_app = typer.Typer(help="The process that holds the keys. Without a further word: run it.")
edge_app = typer.Typer(help="The process at the gates of one site. Without a further word: run it.")
parking_app = typer.Typer(help="Garages and their money.", no_args_is_help=True)
app.add_typer(keeper_app, name="keeper", invoke_without_command=True)
app.add_typer(edge_app, name="edge", invoke_without_command=True)
edge_app.add_typer(muster_app, name="muster")
app.add_typer(enrol_app, name="enrol")
app.add_typer(eval_app, name="eval")
app.add_typer(parking_app, name="parking")
cli_backup.add_to(app, keeper_app)
app.add_typer(audit_app, name="audit")


class RoleName(StrEnum):
    OWNER = "owner"
    SECURITY = "security"
    HR = "hr"
    PARKING = "parking"
    AUDITOR = "auditor"


@app.command()
def up(
    home: Home,
    port: Port = 8000,
    host: Host = "",
    https_port: HttpsPort = None,
    cert: Cert = None,
    key: CertKey = None,
    behind_proxy: BehindProxy = False,
) -> None:
    """Run keeper, server and edge on this machine. The first run prints a one-time sign-in link for the owner.

    Without --host only this machine is answered. With it others are, by TLS: docs/recipes/tls.md.
    """
    from gatehouse.address import BadAddress, address
    from gatehouse.box import tending
    from gatehouse.box.processes import StartFailed

    try:
        reached = address(host, https_port, cert=cert, key=key, behind_proxy=behind_proxy)
        with using(home):
            tending.run(home.absolute(), port, say, reached)
    except (StartFailed, BadAddress) as fault:
        fail(str(fault))


@app.command()
def demo(
    home: Annotated[Path | None, typer.Option("--home", help="An empty folder; a temporary one if not given.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Play the story to its end and stop.")] = False,
    as_json: AsJson = False,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="Port of the console; a free one if not given.")
    ] = None,
) -> None:
    """A whole site in a box: people walk up, cars drive in, somebody pays, a thief finds nothing."""
    from gatehouse.demo import play

    try:
        with using(home) if home else nullcontext():
            report = play.run(home=home, once=once, say=None if as_json else out, port=port)
    except play.CannotPlay as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    raise typer.Exit(0 if report["ok"] else 1)


# --- the three processes ----------------------------------------------------------------------------------------------


@keeper_app.callback()
def keeper(context: typer.Context, home: Home, at: SignInAt = "") -> None:
    if context.invoked_subcommand is None:
        keeper_run(home, at)


@keeper_app.command("run")
def keeper_run(home: Home, at: SignInAt = "") -> None:
    """Hold the keys and answer on HOME/keeper/keeper.sock until SIGTERM."""
    from gatehouse import clock
    from gatehouse.address import LOCALHOST, BadAddress, origin
    from gatehouse.keeper import service
    from gatehouse.keeper.errors import KeeperError

    try:
        with using(home):
            service.run(home.absolute(), clock.from_environment(), origin(at) if at else LOCALHOST)
    except (KeeperError, BadAddress) as fault:
        fail(str(fault))


@keeper_app.command("invite")
def keeper_invite(
    home: Home,
    role: Annotated[RoleName, typer.Option(help="What the operator may do.")] = RoleName.OWNER,
    port: Port = 8000,
    at: SignInAt = "",
) -> None:
    """Print a one-time sign-in link for an operator. Only the keeper's own user can."""
    from gatehouse.box import processes

    try:
        out.print(processes.sign_in_link(home.absolute(), at or f"http://localhost:{port}", role.value))
    except processes.StartFailed as fault:
        fail(str(fault))


@app.command()
def server(
    home: Home,
    port: Port = 8000,
    host: Host = "",
    https_port: HttpsPort = None,
    cert: Cert = None,
    key: CertKey = None,
    behind_proxy: BehindProxy = False,
) -> None:
    """Serve the pages and the API, write the database, run the nightly jobs. Only localhost without --host."""
    os.environ["GATEHOUSE_HOME"] = str(home.absolute())
    from django.db import Error as DatabaseFault

    from gatehouse import clock
    from gatehouse.address import BadAddress, address
    from gatehouse.box.home import UnusableHome, check_port
    from gatehouse.keeper.client import KeeperAway, KeeperRefused
    from gatehouse.server import run
    from gatehouse.server.databases import DatabaseUrlError

    try:
        check_port(port)
        with using(home):
            reached = address(host, https_port, cert=cert, key=key, behind_proxy=behind_proxy)
            run.run(home.absolute(), port, clock.from_environment(), address=reached)
    except (DatabaseUrlError, UnusableHome, BadAddress, run.AlreadyRunning, run.BadProxies) as fault:
        fail(str(fault))
    except KeeperRefused:
        fail(f"the keeper was started for another name; start it with --at {reached.origin if reached else ''}")
    except DatabaseFault as fault:
        fail(f"the database cannot be used: {fault}")
    except KeeperAway:
        fail(f"the keeper does not answer; start it first: gatehouse keeper --home {home}")


@edge_app.callback()
def edge(context: typer.Context, home: Home) -> None:
    if context.invoked_subcommand is None:
        edge_run(home)


@edge_app.command("run")
def edge_run(home: Home) -> None:
    """Watch the cameras, decide, open, and send what happened to the server, until SIGTERM."""
    from gatehouse import clock
    from gatehouse.edge import service
    from gatehouse.edge.errors import EdgeError

    try:
        with using(home):
            service.run(home.absolute(), clock.from_environment())
    except EdgeError as fault:
        fail(str(fault))


@edge_app.command("status")
def edge_status(home: Home, as_json: AsJson = False) -> None:
    """Say how this edge is: when it heard its server, how old its knowledge is, what each gate does by itself."""
    import msgspec

    from gatehouse import clock
    from gatehouse.edge import status
    from gatehouse.edge.errors import EdgeError

    try:
        with using(home):
            told = status.look(home.absolute(), clock.from_environment().now())
    except EdgeError as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        for line in status.lines(told):
            say(line)
    raise typer.Exit(0 if told.runs else 1)


@edge_app.command("make")
def edge_make(
    home: Home,
    of: Annotated[Path, typer.Option("--of", help="The installation that the edge belongs to, on this machine.")],
    site: Annotated[str, typer.Option(help="The site's code.")],
    port: Port = 8000,
) -> None:
    """Make a site's edge in a home of its own, and let the installation know it. As root, or the keeper's user."""
    from gatehouse.box import edge_making
    from gatehouse.box.processes import StartFailed

    try:
        with using(home):
            out.print(edge_making.make(home.absolute(), of.absolute(), port, site), markup=False)
    except StartFailed as fault:
        fail(str(fault))


@app.command()
def install(
    home: Annotated[Path, typer.Option("--home", help="The installation's folder.")] = Path("/var/lib/gatehouse"),
    system: Annotated[bool, typer.Option("--system", help="Three users and three systemd services.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print every step, do none.")] = False,
    port: Port = 8000,
    host: Host = "",
    https_port: HttpsPort = None,
    cert: Cert = None,
    key: CertKey = None,
    behind_proxy: BehindProxy = False,
) -> None:
    """Run keeper, server and edge as services of this machine, each under a user of its own. Needs root."""
    from gatehouse.address import BadAddress, address
    from gatehouse.box import installing, units

    if not system:
        fail("say --system: users and services are made for the whole machine (--dry-run shows which)")
    try:
        layout = installing.layout(
            home.absolute(), port, address(host, https_port, cert=cert, key=key, behind_proxy=behind_proxy)
        )
        if dry_run:
            for why in installing.obstacles(layout):
                say(f"# {why}")
            for step in installing.plan(layout):
                say(step.said)
            for name, text in units.units(layout).items():
                say(f"\n# {installing.UNITS / name}\n{text}")
            return
        installing.run(layout, say)
        for line in installing.after(layout):
            say(line)
    except (BadAddress, installing.CannotInstall) as fault:
        fail(str(fault))


# --- trying, checking -------------------------------------------------------------------------------------------------


@app.command()
def drill(home: Home, as_json: AsJson = False) -> None:
    """Copy what a thief could take from HOME, search it for everybody whom the keeper knows, and try attacks. Shows
    counts only."""
    from gatehouse import clock
    from gatehouse.drill import run as thief

    try:
        with using(home), progress_bar() as progress, thief.telling(home.absolute()) as tell:
            shown = follow(progress, "searching", quiet=as_json)

            def told(done: int, total: int) -> None:
                shown(done, total)
                tell(done, total)

            report = thief.drill_and_attack(home.absolute(), told)
    except thief.CannotDrill as fault:
        fail(str(fault))
    try:
        thief.remember(home.absolute(), report, clock.from_environment().now())
    except OSError as fault:
        err.print(f"The result is not left for the Trust page: {fault.strerror}", markup=False)
    if as_json:
        sys.stdout.write(json.dumps(thief.as_dict(report)) + "\n")
    else:
        thief.show(report, out)
    raise typer.Exit(0 if report.clean else 1)


@app.command()
def doctor(
    home: Home,
    outside: Annotated[str | None, typer.Option(help="Look at this address of your own as a stranger would.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is unsafe or broken here, and how to mend it."""
    import httpx

    from gatehouse.doctor import findings, inside
    from gatehouse.doctor import outside as stranger

    try:
        found = list(stranger.examine(outside) if outside else inside.examine(home.absolute()))
    except (FileNotFoundError, PermissionError, ValueError) as fault:
        fail(str(fault))
    except httpx.HTTPError:
        fail(f"nothing answers at {outside}")
    red = any(finding.level is findings.Level.BAD for finding in found)
    if as_json:
        listed = [{"level": f.level.value, "check": f.check, "what": f.what, "mend": f.mend} for f in found]
        sys.stdout.write(json.dumps({"ok": not red, "findings": listed}) + "\n")
    else:
        marks = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "bad": "[bold red]BAD [/]"}
        for finding in found:
            out.print(f"{marks[finding.level.value]} {escape(finding.what)}")
            if finding.mend:
                out.print(f"     [dim]-> {escape(finding.mend)}[/]")
    raise typer.Exit(1 if red else 0)


@app.command()
def price(
    tariff: Annotated[Path, typer.Argument(metavar="TARIFF.json", help="A tariff, as docs/tariffs.md says.")],
    entry: Annotated[str, typer.Option("--from", metavar="T", help="When the vehicle came in.")] = "",
    exit_: Annotated[str, typer.Option("--to", metavar="T", help="When it leaves.")] = "",
    vehicle_class: Annotated[str, typer.Option("--class", metavar="C", help="The vehicle class.")] = "car",
    validated_min: Annotated[int, typer.Option(min=0, help="Minutes that a shop gives.")] = 0,
    validated_amount: Annotated[int, typer.Option(min=0, help="What a shop pays, in minor units.")] = 0,
    as_json: AsJson = False,
    as_apds: Annotated[
        bool, typer.Option("--apds", help="Print the tariff in the terms of APDS, price nothing.")
    ] = False,
    home: Annotated[Path | None, typer.Option("--home", help="Taken as everywhere; nothing of it is read.")] = None,
) -> None:
    """What a stay costs, line by line. T is 2026-06-10T10:00 on the garage's clock, or carries its own offset."""
    from gatehouse import pricing
    from gatehouse.domain.parking_text import as_dict

    try:
        if as_apds:
            sys.stdout.write(pricing.apds_text(pricing.read_tariff(tariff)) + "\n")
            return
        asked = pricing.Asked(entry, exit_, vehicle_class, validated_min, validated_amount)
        known, priced = pricing.quote(tariff, asked)
    except pricing.CannotPrice as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(json.dumps(as_dict(priced) | {"class": vehicle_class}, ensure_ascii=False) + "\n")
    else:
        pricing.show(known, priced, vehicle_class, out)


@parking_app.command("reconcile")
def parking_reconcile(
    home: Home,
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="The date; the day before by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compare a date's money with the providers' statements. Ends with 1 when there are differences."""
    from gatehouse.box.reconciling import NoDate, compared, show
    from gatehouse.keeper.client import KeeperAway

    with using(home):
        try:
            found = compared(home, day)
        except NoDate as fault:
            fail(str(fault))
        except KeeperAway:
            fail(f"no keeper answers in {home}; start it first: gatehouse up --home {home}")
    if as_json:
        sys.stdout.write(json.dumps([one.as_dict() for one in found], ensure_ascii=False) + "\n")
    else:
        show(found, out)
    if any(one.differences or one.fault for one in found):
        raise typer.Exit(1)


def main() -> None:
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
