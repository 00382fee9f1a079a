"""What is written in mails, by kind: a subject, paragraphs, and the facts that they need. Never who somebody is: a mail
crosses other people's machines in the clear, so it says that something happened and where to look."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
Facts = Mapping[str, str | int]
_PLAIN = re.compile(r"[\w .:,/+-]{0,80}")  # a code, a count, a date, a site's name; no address has this form


@dataclass(frozen=True, slots=True)
class Letter:
    """`facts` are the names that subject and paragraphs may hold as %(name)s, no more and no fewer."""

    subject: Text
    paragraphs: tuple[Text, ...]
    facts: frozenset[str] = frozenset()


LETTERS: dict[str, Letter] = {
    "pupil.absent": Letter(
        _("Not at school when the bell rang: %(class)s"),
        (
            _("Your child in %(class)s of %(school)s had not come when the bell rang at %(bell)s on %(day)s."),
            _(
                "Do you know why? Tell the school on this page; it takes a minute. If you do not know where they are, "
                "call the school now."
            ),
        ),
        frozenset({"school", "class", "day", "bell"}),
    ),
    "mail.test": Letter(_("Gatehouse sends mail"), (_("This is the mail that you asked for. Nothing else happened."),)),
}


def is_sayable(letter: Letter, facts: Facts) -> bool:
    """Whether these are the letter's facts, each of them a plain word."""
    return set(facts) == letter.facts and all(
        isinstance(value, int) or bool(_PLAIN.fullmatch(value)) for value in facts.values()
    )


def worded(letter: Letter, facts: Facts, address: str) -> tuple[str, str]:
    """Subject and body in the language that is active; `address` is a page of ours, or empty."""
    body = [str(paragraph) % facts for paragraph in letter.paragraphs]
    return str(letter.subject) % facts, "\n\n".join([*body, address] if address else body) + "\n"
