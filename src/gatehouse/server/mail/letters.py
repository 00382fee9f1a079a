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


_LOOK = _("Who it was, and what to do now, is on the page Alerts under Trust. This mail names nobody on purpose.")


def _alert(subject: Text, said: Text) -> Letter:
    return Letter(subject, (said, _LOOK), frozenset({"at", "zone"}))


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
    "alert.honey": _alert(
        _("Alert: a record of nobody was asked for"),
        _(
            "At %(at)s (%(zone)s) somebody asked for a record that belongs to nobody and that no page shows. Whoever "
            "meets one reads a stolen copy, or uses an account that is not theirs. Nothing was shown, and if it was an "
            "account, it is locked out."
        ),
    ),
    "alert.over_budget": _alert(
        _("Alert: a limit on looking was crossed"),
        _("At %(at)s (%(zone)s) somebody asked for more people than their role may look at. The rest was not shown."),
    ),
    "alert.limits": _alert(
        _("Alert: the limits on looking were changed"),
        _("At %(at)s (%(zone)s) the keeper started with other limits than before."),
    ),
    "alert.bulk_asked": _alert(
        _("Alert: somebody wishes to look at more people"),
        _("At %(at)s (%(zone)s) somebody asked to look at more people than the limits allow. It waits for an answer."),
    ),
    "alert.bulk_allowed": _alert(
        _("Alert: more looks than the limits were allowed"),
        _("At %(at)s (%(zone)s) a wish to look at more people than the limits allow was granted."),
    ),
    "alert.bulk_refused": _alert(
        _("Alert: more looks than the limits were refused"),
        _("At %(at)s (%(zone)s) a wish to look at more people than the limits allow was refused."),
    ),
    "alert.log_cut": _alert(
        _("Alert: the keeper's log is shorter than it was"),
        _(
            "Seen at %(at)s (%(zone)s). Lines that were there are gone: the keeper was restored from a backup, or "
            "somebody cut its log. If nobody of yours restored it, treat it as a break-in."
        ),
    ),
    "alert.log_forked": _alert(
        _("Alert: the keeper's log was rewritten"),
        _(
            "Seen at %(at)s (%(zone)s). The log no longer begins with the lines that it had. If nobody of yours "
            "restored the keeper, treat it as a break-in."
        ),
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
