import json
import threading

import pytest
import structlog

from gatehouse.edge import logs


@pytest.fixture
def configured():
    hook = threading.excepthook
    logs.configure("edge-1")
    yield structlog.get_logger()
    threading.excepthook = hook
    structlog.reset_defaults()


def test_a_careless_call_puts_no_plate_and_no_name_into_a_log(configured, capsys):
    configured.info("attempt", gate="entry", plate="京A12345", name="Ada Example", score=0.98, reason="rule")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line).keys() == {"event", "gate", "level", "timestamp"}


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
