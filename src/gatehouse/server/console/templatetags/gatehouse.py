"""What templates need to show times, money and states."""

from datetime import UTC, date, datetime, timedelta

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gatehouse.domain.money import Money
from gatehouse.server.console import saying, words
from gatehouse.server.console.access import OPERATORS

register = template.Library()

_NOTHING = "–"


def _time(at: datetime, said: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), saying.exact(at), said)


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime | None) -> SafeString | str:
    """A relative time that our script keeps fresh; the exact one shows on hover."""
    if at is None:
        return ""
    now = context.get("now")
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        at.astimezone(UTC).isoformat(),
        saying.exact(at),
        saying.ago(at, now if isinstance(now, datetime) else timezone.now()),
    )


@register.simple_tag
def clock(at: datetime | None) -> SafeString | str:
    """The time of day, the full date on hover; a question mark where a punch is missing."""
    return "?" if at is None else _time(at, saying.time_of_day(at))


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """Date and time of day, short."""
    return _NOTHING if at is None else _time(at, saying.moment(at))


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing beside words that say the same, so hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("gatehouse/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def way_on(context: template.Context, said: object) -> SafeString | str:
    """Behind the words that somebody is over their limit: the page to ask for more, for roles that may."""
    over = words.REFUSED["over_budget"].what
    who = getattr(context.get("request"), "signed_in", None)
    if who is None or who.role not in OPERATORS or str(said) != str(over):
        return ""
    return format_html('<p><a href="{}">{}</a></p>', reverse("bulk"), _("Your use, and how to ask for more people"))


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    return saying.day(value) if value else _NOTHING


@register.filter
def short_day(value: date) -> str:
    return saying.short_day(value)


@register.filter(expects_localtime=True)
def date_full(value: date) -> str:
    """A date with its year."""
    return saying.date_full(value)


@register.filter
def month(value: date) -> str:
    return saying.month(value)


@register.filter
def money(value: Money | None) -> str:
    return _NOTHING if value is None else saying.money(value)


@register.simple_tag
def minor(amount: int, currency: str) -> str:
    """Minor units of a currency, said."""
    return saying.money(Money(amount, currency))


@register.filter
def hours(minutes: int | None) -> str:
    return _NOTHING if minutes is None else saying.hours(minutes)


@register.filter
def length(value: timedelta) -> str:
    return saying.length(value)


@register.filter
def means(code: str) -> words.Text:
    return words.MEANS.get(code, code)


@register.filter
def role(code: str) -> words.Text:
    return words.ROLES.get(code, code)


@register.filter
def purpose(code: str) -> words.Text:
    return words.PURPOSES.get(code, code)
