"""The one family of exceptions of the pure rules: a code, the facts, and what to change.

A refusal ("no permit for this bay") is an answer and never raised. These are raised where a caller hands in
something that can not be: a currency mix, a tariff with a zero block, a time without a zone.
"""


class DomainError(ValueError):
    """Base of the family. `code` is stable and for programs, `facts` name what was wrong, `str()` says it in
    plain English for logs and tests; pages word it anew from code and facts."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.code = code
        self.facts: dict[str, object] = facts
