"""What a roster entry's cell holds (`person.roster/1`), and back to the facts of `domain`."""

from datetime import date

import msgspec

from gatehouse.domain.crew_wages import Training


class RosterFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`team` is the id of a team of the site, "" for none; `trained` the date of the training before entry, which
    holds until and with `trained_until`."""

    trade: str = ""
    team: str = ""
    foreman: bool = False
    trained: date | None = None
    trained_until: date | None = None

    @property
    def training(self) -> Training:
        return Training(self.trained, self.trained_until)


_decoder = msgspec.json.Decoder(RosterFacts)


def to_bytes(facts: RosterFacts) -> bytes:
    return msgspec.json.encode(facts)


def from_bytes(data: bytes) -> RosterFacts:
    """Raises msgspec.ValidationError for a cell of another format."""
    return _decoder.decode(data)
