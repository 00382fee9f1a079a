"""What cannot be done in this room."""

from gatehouse.domain.errors import DomainError


class RightsError(DomainError):
    """Codes: `no_text`, `too_long`, `too_many`, `over`, `still_here`, `nothing_chosen`, `bad_date`, `no_other_way`."""
