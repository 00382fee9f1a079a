"""What terminals and readers report, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What happened, and what to do about it.
EVENTS: dict[str, tuple[Promise | str, Promise | str]] = {
    "pins_locked": (
        _("Too many wrong PINs: the pad waits"),
        _("Look who stands there. It opens again by itself; other ways go on."),
    ),
    "liveness_locked": (
        _("A known face failed to show three times that it is no picture"),
        _("Look who stands there. For a while that face does not open here; a card, pass or PIN does."),
    ),
    "terminal_paired": (_("A tablet was paired as a terminal"), ""),
    "reader_lost": (_("The card reader does not answer"), _("Check its power and its line.")),
    "reader_back": (_("The card reader answers again"), ""),
}
