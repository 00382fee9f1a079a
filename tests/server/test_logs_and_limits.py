"""What may be in a log, in memory and in an address; and who is told no."""

import json
import logging
import sys

import pytest
from django.conf import settings
from django.core.files.uploadhandler import StopFutureHandlers, StopUpload
from django.urls import get_resolver

from gatehouse.server.databases import DatabaseUrlError, database
from gatehouse.server.logs import ALLOWED, _Foreign
from gatehouse.server.uploads import MemoryOnlyUploadHandler


def rendered(record):
    return json.loads(_Foreign().format(record))


def test_a_key_that_is_not_listed_never_reaches_the_log():
    record = logging.LogRecord("x", logging.INFO, "f.py", 1, {"event": "seen", "gate": "door", "name": "Ada"}, (), None)
    assert rendered(record) == {"event": "seen", "gate": "door"}
    assert not ALLOWED & {"name", "plate", "query", "body", "address"}


def test_a_librarys_words_are_dropped_and_where_it_failed_is_kept():
    try:
        raise ValueError("no such plate 京A12345")
    except ValueError:
        fault = sys.exc_info()
    record = logging.LogRecord("django.request", logging.ERROR, "f.py", 1, "Error at %s", ("/pay?plate=x",), fault)
    found = rendered(record)
    assert (found["fault"], found["logger"]) == ("ValueError", "django.request")
    assert "京A" not in json.dumps(found, ensure_ascii=False)
    assert "pay" not in json.dumps(found)


def test_an_upload_stays_in_memory_and_is_stopped_when_it_is_too_large():
    handler = MemoryOnlyUploadHandler()
    handler.handle_raw_input(None, {}, 0, b"", "utf-8")
    with pytest.raises(StopFutureHandlers):  # no handler after it gets to see the file
        handler.new_file("image", "a.jpg", "image/jpeg", 0)
    assert handler.receive_data_chunk(b"x" * 1000, 0) is None
    with pytest.raises(StopUpload):
        handler.receive_data_chunk(b"x" * settings.UPLOAD_LIMIT, 1000)
    assert settings.FILE_UPLOAD_HANDLERS == ["gatehouse.server.uploads.MemoryOnlyUploadHandler"]


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host/", "nonsense"])
def test_an_address_that_is_no_postgresql_is_refused(url, tmp_path):
    with pytest.raises(DatabaseUrlError):
        database(url, tmp_path)


def test_an_address_of_postgresql_is_read_with_its_escapes(tmp_path):
    found = database("postgresql://gate:p%40ss@db.local:5433/main", tmp_path)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("gate", "p@ss", "db.local", "5433")
    assert found["NAME"] == "main"


def test_without_an_address_the_database_lies_in_the_home_and_keeps_what_it_confirmed(tmp_path):
    found = database(None, tmp_path)
    assert found["NAME"] == tmp_path / "server" / "gatehouse.db"
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]
    assert "secure_delete=ON" in found["OPTIONS"]["init_command"]


def test_debug_is_off_and_no_session_is_kept_in_a_table():
    assert settings.DEBUG is False
    assert settings.SESSION_ENGINE.endswith("signed_cookies")
    assert get_resolver().url_patterns
