"""The verbs of `gatehouse edge muster`. Each imports its room when it is called, so that `--help` answers at once."""

import sys
from typing import Annotated

import typer

from gatehouse.terminal import Home, err, fail, say

muster_app = typer.Typer(help="Who is inside, for a fire: works with the server down.", no_args_is_help=True)


@muster_app.command("list")
def muster_list(home: Home) -> None:
    """Print who is inside, by zone, from the edge's own files; the edge need not run. Pipe it to a printer: `| lp`."""
    from gatehouse import clock
    from gatehouse.edge import muster_page
    from gatehouse.edge.errors import EdgeError
    from gatehouse.edge.muster import Books

    try:
        books, now = Books(home.absolute()), clock.from_environment().now()
    except EdgeError as fault:
        fail(str(fault))
    sys.stdout.write("\n".join(muster_page.text_lines(books.list(now), now, books.zone())) + "\n")
    err.print("This look is not in the server's log. If there is no alarm and no drill, tell who looks after the site.")


@muster_app.command("setup")
def muster_setup(
    home: Home,
    host: Annotated[str, typer.Option(help="This machine's name or address, as phones on the local network reach it.")],
    port: Annotated[int, typer.Option(help="Where the page answers.", min=1, max=65535)] = 8743,
) -> None:
    """Let the running edge serve the muster page to paired phones. Makes a new certificate; phones stay paired."""
    from gatehouse import clock
    from gatehouse.edge import config
    from gatehouse.edge.errors import EdgeError
    from gatehouse.edge.muster_access import Phones

    try:
        _, keys = config.load(home.absolute())
        seal = Phones(home.absolute(), keys).set_up(host, port, clock.from_environment().now())
    except (EdgeError, ValueError, OSError) as fault:
        fail(str(fault))
    say(f"The page answers at https://{host}:{port}/ within seconds, while the edge runs.")
    say(f"Its certificate is the edge's own. Compare this when a phone warns of it (SHA-256): {seal}")
    say("Now pair a phone: gatehouse edge muster pair --home HOME --phone NAME")


@muster_app.command("pair")
def muster_pair(
    home: Home, phone: Annotated[str, typer.Option(help="What the phone is called, such as 'warden 1'.")]
) -> None:
    """Show a link that pairs one phone, good once within a day."""
    import segno

    from gatehouse import clock
    from gatehouse.edge import config
    from gatehouse.edge.errors import EdgeError
    from gatehouse.edge.muster_access import Phones

    try:
        _, keys = config.load(home.absolute())
        phones = Phones(home.absolute(), keys)
        code = phones.pair(phone[:60], clock.from_environment().now())
    except (EdgeError, OSError) as fault:
        fail(str(fault))
    access = phones.load()
    if code is None or access is None:
        fail("first: gatehouse edge muster setup --home HOME --host NAME")
    link = f"https://{access.host}:{access.port}/pair/{code}"
    segno.make(link, error="m", micro=False).terminal(out=sys.stdout, compact=True)
    say(f"Open this on the phone, once, within a day: {link}")


@muster_app.command("drop")
def muster_drop(home: Home, phone: Annotated[str, typer.Option(help="What the phone was called.")]) -> None:
    """Take a phone back: it opens the page no more."""
    from gatehouse.edge import config
    from gatehouse.edge.errors import EdgeError
    from gatehouse.edge.muster_access import Phones

    try:
        _, keys = config.load(home.absolute())
        gone = Phones(home.absolute(), keys).drop(phone[:60])
    except (EdgeError, OSError) as fault:
        fail(str(fault))
    say(f"{gone} taken back." if gone else "No phone is called so.")
