"""What managers or HR answered to one's own requests, and why."""

from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import answers
from gatehouse.server.people.models import Person

PURPOSE = "me.page"
SHOWN = 5


def my_answers(who: SignedIn, person: Person) -> list[answers.AnswerFacts]:
    """The latest first; none where the keeper tells no more."""
    found = answers.read(list(answers.answers_to(person)), who.by.authority, PURPOSE)
    return [] if isinstance(found, Refused) else sorted(found.values(), key=lambda one: one.at, reverse=True)[:SHOWN]
