"""A visitor's link: its address, its signature, and the mail that carries it.

The address holds the visit's random id and a signature over id and number of the link, under a key that lies at the
keeper. So no table holds a link, a host can show it again at any time, and a new one makes the one before worthless.
"""

import smtplib
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from gatehouse.server.console import saying
from gatehouse.server.people.models import Site
from gatehouse.server.visits import queries
from gatehouse.server.visits.actions import Invited
from gatehouse.server.visits.models import Visit

log = structlog.get_logger()

_SIGNATURE = 32
_ID = 36


def code_of(visit: Visit) -> str:
    return f"{visit.pk}-{_signature(visit.pk, visit.link)}"


def _signature(visit_id: UUID, link: int) -> str:
    said = salted_hmac("gatehouse.address.visit", f"{visit_id}/{link}", algorithm="sha256").hexdigest()
    return said[:_SIGNATURE]


def visit_of(code: str) -> Visit | None:
    """The visit whose last link this is. Of any other text, and of a visit that is destroyed, the same None."""
    try:
        own = UUID(code[:_ID])
    except ValueError:
        return None
    visit = queries.by_id(own)
    right = f"{own}-{_signature(own, visit.link if visit else 0)}"
    return visit if constant_time_compare(code, right) and visit is not None else None


def address_of(request: HttpRequest, visit: Visit) -> str:
    path = reverse("visit", args=[code_of(visit)])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is mailed to whom, in which language."""

    site: Site
    of: Invited
    link: str
    language: str


def send(letter: Letter) -> bool:
    """False when the mail server did not take it; then the host hands the link over."""
    with translation.override(letter.language), timezone.override(letter.site.zone):
        said = {
            "site": letter.site.name,
            "from": saying.moment(letter.of.starts),
            "until": saying.moment(letter.of.ends),
        }
        subject = _("Your visit at %(site)s") % said
        body = "\n\n".join(
            (
                _("You are expected at %(site)s from %(from)s to %(until)s.") % said,
                _("Your pass is on this page. Open it on the phone that you bring:"),
                letter.link,
                _("It opens on one phone only. The page says what is kept about your visit and until when."),
            )
        )
    try:
        return EmailMessage(subject, body, to=[letter.of.mail]).send() == 1
    except (smtplib.SMTPException, OSError) as fault:
        log.warning("visit.mail_failed", fault=type(fault).__name__, site=str(letter.site.pk))
        return False
