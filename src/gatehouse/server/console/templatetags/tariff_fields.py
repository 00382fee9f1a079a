"""What is wrong with a field of the tariff form, said beside it."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def marked(context: template.Context, *parts: object) -> SafeString | str:
    """Attributes of the field whose id the parts make, when something is wrong with it."""
    field = "".join(map(str, parts))
    if field not in (context.get("wrong") or {}):
        return ""
    return format_html('aria-invalid="true" aria-describedby="{}-wrong"', field)


@register.simple_tag(takes_context=True)
def wrong(context: template.Context, *parts: object) -> SafeString | str:
    """The words for it, to stand under the field."""
    field = "".join(map(str, parts))
    said = (context.get("wrong") or {}).get(field)
    return format_html('<span class="wrong" id="{}-wrong">{}</span>', field, said) if said else ""
