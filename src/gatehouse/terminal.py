"""How the command speaks: the options that most verbs take, what is said, how a verb fails, a bar for long work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def default_home() -> Path:
    return Path(os.environ.get("GATEHOUSE_HOME") or Path.home() / "gatehouse")


Home = Annotated[
    Path,
    typer.Option(
        "--home",
        help="The installation's folder.",
        default_factory=default_home,
        show_default="$GATEHOUSE_HOME, or ~/gatehouse",
    ),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on localhost.")]
Host = Annotated[
    str, typer.Option("--host", metavar="NAME", help="The name by which others reach this machine, over TLS.")
]
HttpsPort = Annotated[
    int | None, typer.Option("--https-port", min=1, max=65535, help="Port of that name: 8443; 443 behind a proxy.")
]
Cert = Annotated[Path | None, typer.Option("--cert", help="A certificate of your own (PEM with its chain).")]
CertKey = Annotated[Path | None, typer.Option("--key", help="The certificate's key (PEM, without a password).")]
BehindProxy = Annotated[
    bool, typer.Option("--behind-proxy", help="A reverse proxy on this machine speaks TLS for the name.")
]
SignInAt = Annotated[
    str, typer.Option("--at", metavar="URL", help="Where people sign in: https://NAME[:PORT]; localhost if not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def say(line: str) -> None:
    out.print(line, markup=False)


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    err.print(f"[bold red]gatehouse:[/] {escape(message)}")
    raise typer.Exit(code)


@contextmanager
def using(home: Path) -> Iterator[None]:
    """A home, or a file in it, that cannot be read or written is said; every other fault goes on."""
    try:
        yield
    except OSError as fault:
        where, home = Path(os.fsdecode(fault.filename or "/")).absolute(), home.absolute()
        if home not in (where, *where.parents) and where not in home.parents:
            raise
        fail(f"{where} cannot be used ({fault.strerror}); run as the user that owns it, or choose another --home")


def progress_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)


def follow(progress: Progress, what: str, *, quiet: bool) -> "Follow":
    return Follow(progress, what, quiet)


class Follow:
    """Called with (done, total) by long work; draws a bar on stderr unless the output is for a program."""

    def __init__(self, progress: Progress, what: str, quiet: bool) -> None:
        self._progress = progress
        self._task = None if quiet else progress.add_task(what, total=None)

    def __call__(self, done: int, total: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total)
