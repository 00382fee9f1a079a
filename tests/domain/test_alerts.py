"""When lines of the keeper's log are one alert, and when one is still worth a mail."""

from datetime import UTC, datetime, timedelta

import pytest

from gatehouse.domain import alerts

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (timedelta(), True),
        (timedelta(hours=1) - SECOND, True),
        (timedelta(hours=1), False),
        (-SECOND, False),  # an alert never begins later than one of its lines
    ],
)
def test_an_alert_takes_what_happens_within_its_hour(after, same):
    assert alerts.is_same(AT, AT + after) == same


@pytest.mark.parametrize(("after", "sent"), [(timedelta(days=3) - SECOND, True), (timedelta(days=3), False)])
def test_what_is_heard_of_days_later_is_not_sent(after, sent):
    assert alerts.is_sent(AT, AT + after) == sent


def test_every_loud_kind_is_a_kind():
    assert set(alerts.KINDS) > alerts.LOUD
