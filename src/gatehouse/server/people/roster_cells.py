"""What a roster entry's cell holds (`person.roster/1`), and back to the facts of `domain`."""

from datetime import date

import msgspec

from gatehouse.domain.papers import TRAINING, Paper

MOST_CERTIFICATES = 8  # of one person: more would not fit into the one size that all entries have
ENTRY_BYTES = 600  # so that an entry's size does not tell how many certificates somebody holds


class CertificateFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`kind` is the id of one of the site's certificates; it holds from `since` until and with `until`."""

    kind: str
    since: date | None = None
    until: date | None = None


class RosterFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`team` is the id of a team of the site, "" for none; `trained` the date of the training before entry, which
    holds until and with `trained_until`. `contractor`, the team's, is whose own people this one is: by it the keeper
    knows what a contractor's sign-in may open."""

    trade: str = ""
    team: str = ""
    foreman: bool = False
    trained: date | None = None
    trained_until: date | None = None
    contractor: str = ""
    certificates: list[CertificateFacts] = []

    @property
    def papers(self) -> tuple[Paper, ...]:
        """What gates look at. A training that was never given is none."""
        trained = (Paper(TRAINING, self.trained, self.trained_until),) if self.trained else ()
        return trained + tuple(Paper(one.kind, one.since, one.until) for one in self.certificates)


_decoder = msgspec.json.Decoder(RosterFacts)


def to_bytes(facts: RosterFacts) -> bytes:
    return msgspec.json.encode(facts).ljust(ENTRY_BYTES)


def from_bytes(data: bytes) -> RosterFacts:
    """Raises msgspec.ValidationError for a cell of another format."""
    return _decoder.decode(data)
