"""Collect the pages' words and compile their translations: `make translations`.

Collecting needs gettext's programs and is left out without them; compiling needs nothing but Babel. The .mo files are
kept in the repository, so that a fresh machine shows every language without a build step.
"""

import os
import shutil
import sys
from pathlib import Path

import django
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.core.management import call_command

SERVER = Path(__file__).resolve().parent.parent / "src" / "gatehouse" / "server"
LOCALES = ("zh_Hans",)


def collect() -> None:
    """New words into the .po files; what is translated stays."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gatehouse.server.settings")
    django.setup()
    os.chdir(SERVER)
    (SERVER / "locale").mkdir(exist_ok=True)
    call_command("makemessages", locale=list(LOCALES), no_location=True, no_obsolete=True, verbosity=0)


def compile_all() -> int:
    """Every .po becomes a .mo; how many words are not translated."""
    missing = 0
    for source in sorted(SERVER.glob("locale/*/LC_MESSAGES/django.po")):
        with source.open("rb") as file:
            catalog = read_po(file)
        words = [message for message in catalog if message.id]
        bare = [m for m in words if m.fuzzy or not (all(m.string) if isinstance(m.string, tuple) else m.string)]
        missing += len(bare)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        sys.stdout.write(f"{source.parent.parent.name}: {len(words)} texts, {len(bare)} not translated\n")
        for message in bare:
            sys.stdout.write(f"  {message.id}\n")
    return missing


def main() -> None:
    if shutil.which("xgettext"):
        collect()
    sys.exit(1 if compile_all() else 0)


if __name__ == "__main__":
    main()
