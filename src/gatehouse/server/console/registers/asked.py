"""What a construction site asks of whoever comes in, and what somebody lacks, in words."""

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gatehouse.domain.papers import TRAINING, Lack, lack
from gatehouse.domain.periods import local_date
from gatehouse.server.console import words_papers
from gatehouse.server.moment import now
from gatehouse.server.people import roster_queries
from gatehouse.server.people.models import Site
from gatehouse.server.people.roster_cells import RosterFacts


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one site, today: `kinds` must be held, what is `looked` at must not have run out."""

    kinds: frozenset[str]
    looked: frozenset[str]
    names: dict[str, str]
    today: date

    @staticmethod
    def of(site: Site) -> "Asked":
        """With the training in any case: for a list of whom gates would keep out once they ask for it."""
        found = Asked.at_gates(site)
        return replace(found, kinds=found.kinds | {TRAINING}, looked=found.looked | {TRAINING})

    @staticmethod
    def at_gates(site: Site) -> "Asked":
        """As gates ask now."""
        kinds, looked = roster_queries.papers_asked(site), roster_queries.paper_kinds(site)
        return Asked(kinds, looked, roster_queries.paper_names(site), local_date(now(), ZoneInfo(site.zone)))

    def lacking(self, facts: RosterFacts | None) -> Lack | None:
        held = facts.papers if facts else ()
        return lack([paper for paper in held if paper.kind in self.looked], self.kinds, self.today)

    def gap(self, facts: RosterFacts | None) -> str:
        """ "" where nothing is lacking."""
        if facts is None:
            return _("not in the roster")
        missing = self.lacking(facts)
        return words_papers.lacking(missing, self.names) if missing else ""
