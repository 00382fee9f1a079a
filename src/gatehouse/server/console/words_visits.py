"""Visits in words."""

from django.utils.translation import gettext_lazy as _

from gatehouse.domain.visits import Standing
from gatehouse.server.console import words
from gatehouse.server.console.words import Text, Wording

# What is said, its tone and its mark.
STANDINGS: dict[Standing, tuple[Text, str, str]] = {
    Standing.EXPECTED: (_("expected"), "off", "clock"),
    Standing.HERE: (_("here"), "good", "in"),
    Standing.OVERDUE: (_("should have left"), "warn", "warn"),
    Standing.LEFT: (_("has left"), "off", "out"),
    Standing.MISSED: (_("did not come"), "off", "no"),
    Standing.CANCELLED: (_("taken back"), "off", "no"),
}

# In this order on the page of the desk: what needs somebody comes first.
SECTIONS: tuple[tuple[Standing, Text], ...] = (
    (Standing.OVERDUE, _("Should have left")),
    (Standing.HERE, _("Here")),
    (Standing.EXPECTED, _("Expected")),
    (Standing.LEFT, _("Left")),
    (Standing.MISSED, _("Did not come")),
    (Standing.CANCELLED, _("Taken back")),
)

_NOT: dict[str, Wording] = {
    "no_name": Wording(_("Write the visitor's name")),
    "no_end": Wording(_("The visit ends before it begins"), _("Choose a later end.")),
    "too_long": Wording(_("A visit lasts at most 14 days"), _("Choose an earlier end, and invite again later.")),
    "over": Wording(_("This time is over"), _("Choose a later end.")),
    "too_far": Wording(_("That is too far ahead"), _("Invite for a day of the next six months.")),
    "no_plate": Wording(_("This is no number plate"), _("Write it as it stands on the car, or leave it empty.")),
    "keep_days": Wording(_("Choose 0 to 30 days")),
    "host_left": Wording(_("This host does not work here any more"), _("Choose another host.")),
    "no_setup": Wording(
        _("No door is chosen for visitors yet"), _("An owner chooses the doors under People, Visitors, Set up.")
    ),
    "too_many": Wording(
        _("This host has 50 open invitations"), _("Take back those that nobody needs, then invite again.")
    ),
    "sent": Wording(_("This form was sent already, for another host"), _("Open the page anew to invite once more.")),
    "overtaken": Wording(_("Somebody else just changed this visit"), _("Look again, then decide.")),
    "nobody": Wording(_("Nobody who works here is called so"), _("Write the staff number.")),
    "several": Wording(_("Several people are meant by that"), _("Write the whole staff number.")),
}


def not_invited(code: str) -> Wording:
    return _NOT.get(code) or words.refused(code)
