"""A new installation's tables are made from the models; they are those that replaying every migration gives."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
DJANGO = "import django; django.setup(); "
REPLAYED = DJANGO + "from django.core.management import call_command; call_command('migrate', verbosity=0)"
WHOLE = DJANGO + "from gatehouse.server.schema import bring_up_to_date; bring_up_to_date()"
CUT_OFF = (
    DJANGO + "import os; from gatehouse.server import schema; from django.db.migrations.recorder import "
    "MigrationRecorder as R; R.record_applied = lambda *_: os._exit(9); schema.bring_up_to_date()"
)


def python(home: Path, program: str) -> int:
    (home / "server").mkdir(parents=True, exist_ok=True)
    own = {"GATEHOUSE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "gatehouse.server.settings"}
    return subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=os.environ | own, check=False).returncode


def tables(home: Path) -> dict[str, object]:
    """Of every table its columns, foreign keys and indexes; of the migrations which are done."""
    with closing(sqlite3.connect(home / "server" / "gatehouse.db")) as database:
        made = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        found: dict[str, object] = {}
        for name, sql in made:
            columns = {row[1:6] for row in database.execute(f"PRAGMA table_info({name})")}
            keys = {row[2:5] for row in database.execute(f"PRAGMA foreign_key_list({name})")}
            indexes = set()
            for index in database.execute(f"PRAGMA index_list({name})").fetchall():
                parts = tuple(part[2] for part in database.execute(f"PRAGMA index_info({index[1]})"))
                indexes.add((parts, index[2], index[4], "" if index[3] != "c" else index[1]))
            found[name] = columns, keys, indexes, sql.endswith("WITHOUT ROWID")
        found["done"] = set(database.execute("SELECT app, name FROM django_migrations"))
        return found


def test_a_new_database_is_what_all_migrations_give(tmp_path):
    assert python(tmp_path / "whole", WHOLE) == 0
    assert python(tmp_path / "replayed", REPLAYED) == 0
    whole, replayed = tables(tmp_path / "whole"), tables(tmp_path / "replayed")
    assert whole.keys() == replayed.keys()
    assert {name for name in whole if whole[name] != replayed[name]} == set()


def test_killed_while_it_is_made_it_is_made_the_next_time(tmp_path):
    assert python(tmp_path, CUT_OFF) == 9
    assert python(tmp_path, WHOLE) == 0
    assert len(tables(tmp_path)) > 50
    assert python(tmp_path, WHOLE) == 0
