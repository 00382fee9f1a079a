"""Days of leave in templates."""

from fractions import Fraction

from django import template

from gatehouse.server.console import words_leave

register = template.Library()


@register.filter
def days_of(count: Fraction) -> str:
    return words_leave.days(count)


@register.filter
def signed_days(count: Fraction) -> str:
    """With a plus for days that came."""
    return f"+{words_leave.days(count)}" if count > 0 else words_leave.days(count)
