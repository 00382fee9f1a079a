"""What cannot be done in this room."""

from gatehouse.domain.errors import DomainError


class PerformanceError(DomainError):
    """Codes: `no_text`, `too_long`, `too_many`, `no_such_day`, `no_such_month`, `there`, `not_your_turn`, `over`,
    `bad_date`, `bad_state`, `replied`, `no_correction`, `bad_days`."""
