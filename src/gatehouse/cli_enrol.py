"""The verbs of `gatehouse enrol`. Each imports its room when it is called, so that `--help` answers at once."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from gatehouse.terminal import AsJson, Home, Port, fail, follow, out, progress_bar, say

enrol_app = typer.Typer(
    help="Let somebody in: a person, and a face or a QR pass for them. Needs a running Gatehouse.",
    invoke_without_command=True,
)


@enrol_app.callback()
def enrol(
    context: typer.Context,
    home: Home,
    site: Annotated[str, typer.Option(help="The site's code.")] = "",
    name: Annotated[str, typer.Option(help="The person's name; sealed before it reaches a disk.")] = "",
    number: Annotated[str, typer.Option(help="The staff number.")] = "",
    person: Annotated[str, typer.Option(help="Somebody who is known already, by id, instead of a new person.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="A group's name; may be said more than once.")] = None,
    photo: Annotated[Path | None, typer.Option(help="A portrait (JPEG, PNG, WebP). Only a template is kept.")] = None,
    consent: Annotated[bool, typer.Option("--consent", help="The person agreed to be known by face here.")] = False,
    pass_out: Annotated[Path | None, typer.Option("--pass", help="Write a QR pass as SVG.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long the pass is good.")] = 30,
    port: Port = 8000,
) -> None:
    """Let somebody in: a person, and a face or a QR pass for them. Needs a running Gatehouse."""
    if context.invoked_subcommand is not None:
        return
    from gatehouse.box import enrolling

    if not site:
        raise typer.BadParameter("say the site's code", param_hint="--site")
    wanted = enrolling.Wanted(site, name, number, person, tuple(group or ()), photo, consent, pass_out, days)
    try:
        out.print(enrolling.enrol(home.absolute(), port, wanted, say), markup=False)
    except enrolling.CannotEnrol as fault:
        fail(str(fault))


@enrol_app.command("many")
def enrol_many(
    path: Annotated[Path, typer.Argument(metavar="ZIP|FOLDER", help="A table of people and their photos.")],
    home: Home,
    site: Annotated[str, typer.Option(help="The site's code.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come in, take nothing in.")] = False,
    port: Port = 8000,
    as_json: AsJson = False,
) -> None:
    """People with their photos at once: docs/recipes/import.md says which columns. Ctrl-C leaves it to the server."""
    from gatehouse.box import enrolling, enrolling_many

    wanted = enrolling_many.Many(site, path, dry_run)
    try:
        with progress_bar() as progress:
            tell = (lambda _line: None) if as_json else say
            state = enrolling_many.enrol_many(
                home.absolute(), port, wanted, tell, follow(progress, "handing over", quiet=as_json)
            )
    except enrolling.CannotEnrol as fault:
        fail(str(fault))
    if as_json:
        sys.stdout.write(json.dumps(state) + "\n")


@enrol_app.command("undo")
def enrol_undo(
    import_id: Annotated[str, typer.Argument(metavar="ID", help="What `enrol many` said at its end.")],
    home: Home,
    port: Port = 8000,
) -> None:
    """Take an import of people with photos back as a whole: faces, cards, people whom nobody has needed since."""
    from gatehouse.box import enrolling, enrolling_many

    try:
        with progress_bar() as progress:
            state = enrolling_many.undo_many(
                home.absolute(), port, import_id, follow(progress, "taking back", quiet=False)
            )
    except enrolling.CannotEnrol as fault:
        fail(str(fault))
    say(f"Import {state['number']} is undone; {state['kept']} people stayed, since they are used.")
