"""What the cells of this room hold."""

from datetime import date

import msgspec

REQUEST = "subject.request/1"
CERTIFICATE = "erasure.certificate/1"


class RequestFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """subject.request/1: asked and due `on` dates, in which words, and what was answered by whom."""

    asked_on: date
    due_on: date
    words: str
    answer: str = ""
    answered_on: date | None = None
    answered_by: str = ""
