import json
import subprocess
import sys
import threading

import pytest
import structlog

from gatehouse.edge import logs


@pytest.fixture
def configured():
    hook, main_hook = threading.excepthook, sys.excepthook
    logs.configure("edge-1")
    yield structlog.get_logger()
    threading.excepthook, sys.excepthook = hook, main_hook
    structlog.reset_defaults()


def test_a_careless_call_puts_no_plate_and_no_name_into_a_log(configured, capsys):
    configured.info("attempt", gate="entry", plate="京A12345", name="Ada Example", score=0.98, reason="rule")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line).keys() == {"event", "gate", "level", "timestamp"}


def test_an_exception_that_ends_the_process_is_logged_by_its_type_alone():
    script = "from gatehouse.edge import logs; logs.configure('edge-1'); {}['京A12345']"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    entry = json.loads(ended.stdout)
    assert (ended.returncode, entry["event"], entry["fault"], ended.stderr) == (1, "edge.died", "KeyError", "")


def test_an_exception_that_ends_a_thread_is_logged_by_its_type_alone(configured, capsys):
    def die():
        raise ValueError("京A12345 could not be read")

    thread = threading.Thread(target=die, name="watcher entry")
    thread.start()
    thread.join()
    printed = capsys.readouterr()
    entry = json.loads(printed.out)
    assert (entry["event"], entry["fault"], entry["thread"]) == ("thread.died", "ValueError", "watcher entry")
    assert "京A12345" not in printed.out + printed.err
