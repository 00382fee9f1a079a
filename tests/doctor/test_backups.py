"""What the doctor says of a home that could, or could not, be made again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatehouse.doctor import backups, inside
from gatehouse.doctor.findings import Level


def ago(**by: float) -> str:
    return (datetime.now(UTC) - timedelta(**by)).isoformat()


def stamped(**by: float) -> str:
    return f"data-{datetime.now(UTC) - timedelta(**by):%Y%m%dT%H%M%SZ}.age"


WELL = {"root_key": "credential", "recipient": "age1x", "fault": ""}


def findings(home: Path, told: dict[str, Any] | None, *names: str, fault: str = "") -> dict[str, Level]:
    (home / "keeper").mkdir(exist_ok=True)
    (home / "backups" / "data").mkdir(parents=True, exist_ok=True)
    if told is not None:
        fresh = {"rehearsed_at": ago(days=1), "snapshot_at": ago(hours=1), "rolled_at": ago(hours=20)}
        (home / "keeper" / "status.json").write_text(json.dumps(fresh | told))
    for name in names:
        (home / "backups" / "data" / name).touch()
    (home / "backups" / "data" / "status.json").write_text(json.dumps({"fault": fault}))
    found = [one for check in (inside.root_key_on_disk, *backups.CHECKS) for one in check(home)]
    assert all(one.mend for one in found if one.level is not Level.OK)
    return {one.check: one.level for one in found}


def test_a_home_that_can_be_made_again_is_well(tmp_path: Path) -> None:
    found = findings(tmp_path, WELL, stamped(days=30), stamped(hours=12))
    assert set(found.values()) == {Level.OK}
    assert set(found) == {"root_key.on_disk", "recovery.untried", "keys.snapshot", "backup.old"}


@pytest.mark.parametrize(
    ("told", "names", "check", "level"),
    [
        ({"recipient": ""}, [], "recovery.absent", Level.BAD),
        ({"rehearsed_at": None}, [stamped(hours=1)], "recovery.untried", Level.WARN),
        ({"rehearsed_at": ago(days=200)}, [stamped(hours=1)], "recovery.untried", Level.WARN),
        ({"snapshot_at": ago(days=1)}, [stamped(hours=1)], "keys.snapshot", Level.BAD),
        ({"snapshot_at": None}, [stamped(hours=1)], "keys.snapshot", Level.BAD),
        ({"fault": "No space left on device"}, [stamped(hours=1)], "keys.snapshot", Level.BAD),
        ({"rolled_at": ago(days=9)}, [stamped(hours=1)], "keys.rolled", Level.WARN),
        ({}, [], "backup.absent", Level.BAD),
        ({}, ["data-nonsense.age"], "backup.absent", Level.BAD),
        ({}, [stamped(days=4)], "backup.old", Level.BAD),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, told: dict[str, Any], names: list[str], check: str, level: Level
) -> None:
    assert findings(tmp_path, WELL | told, *names)[check] is level


def test_a_backup_that_failed_last_night_is_said(tmp_path: Path) -> None:
    assert findings(tmp_path, WELL, stamped(days=1), fault="the disk is full")["backup.failed"] is Level.WARN


def test_a_root_key_in_both_places_is_red_and_a_file_alone_a_warning(tmp_path: Path) -> None:
    (tmp_path / "keeper").mkdir()
    (tmp_path / "keeper" / "root.key").touch()
    assert findings(tmp_path, WELL)["root_key.on_disk"] is Level.BAD
    assert findings(tmp_path, WELL | {"root_key": "file"})["root_key.on_disk"] is Level.WARN


@pytest.mark.parametrize("text", ["", "[]", "{", '{"recipient": 3}'])
def test_a_status_that_cannot_be_read_stops_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "keeper").mkdir()
    (tmp_path / "keeper" / "status.json").write_text(text)
    list(backups.recovery(tmp_path))
    list(backups.keys(tmp_path))
    list(backups.data(tmp_path))
