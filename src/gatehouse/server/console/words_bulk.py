"""Words of asking for more people than the limits allow, and of the limits themselves."""

from django.utils.translation import gettext_lazy as _

from gatehouse.keeper.protocol import BULK_OPEN, BulkState, Refused
from gatehouse.server.console.words import Text, Wording

Said = tuple[Text, str, str]  # words, tone, mark

STATES: dict[BulkState, Said] = {
    BulkState.ASKED: (_("waits for a second person"), "warn", "clock"),
    BulkState.ALLOWED: (_("allowed"), "good", "yes"),
    BulkState.REFUSED: (_("refused"), "stop", "no"),
    BulkState.ENDED: (_("ended before its time"), "off", "closed"),
    BulkState.OVER: (_("over"), "off", "closed"),
}
TAKEN_BACK: Said = (_("taken back"), "off", "closed")
UNANSWERED: Said = (_("nobody answered in time"), "off", "closed")
USED_UP: Said = (_("used to the last one"), "off", "yes")
FULL: Said = (_("at the limit"), "stop", "warn")
NEAR: Said = (_("near the limit"), "warn", "warn")

CAP_ROLES: dict[str, Text] = {"manager": _("Manager, of their team")}

WRONG_KIND = _("Choose which data you need.")
WRONG_PEOPLE = _("Write how many people: 1 to %(most)s at once. For more, ask again when these are done.")
WRONG_UNTIL = _("Write a date and a time of this clock, without a zone.")
PAST = _("That is over already. Write a time to come.")
TOO_FAR = _("That is too far away: %(days)s days at most. Ask again when it has ended.")
WRONG_REASON = _("Say in a few words what for, in %(most)s characters at most, and without names.")

_REFUSED: dict[str, Wording] = {
    "own_grant": Wording(
        _("A second person must allow this, and you count as the first"),
        _(
            "Nobody allows their own wish, nor that of somebody who let them in during the last seven days. Ask "
            "another owner or HR."
        ),
    ),
    "not_granted": Wording(
        _("This wish was answered already, or its time is over"),
        _("The list below shows how it stands now."),
    ),
    "not_allowed": Wording(
        _("You may not decide about this wish"),
        _("An owner or HR of at least the same sites does. Data that your role never sees is for others to look up."),
    ),
    "capped": Wording(
        _("You have as many open wishes as one person may"),
        _("Take one back that you need no more, or wait until one ends. There may be %(most)s."),
    ),
    "bad_request": Wording(
        _("The keeper does not take this wish"),
        _("Check the number of people, the time it ends and the reason."),
    ),
}
AWAY = Wording(
    _("The keeper does not answer, so nobody knows whether that arrived"),
    _("Look at this page again in a minute, before you do it anew. Nothing was shown to anybody."),
)


def refused(refusal: Refused) -> Wording | None:
    """What the keeper said no to, and what to do; None for what other pages word too."""
    said = _REFUSED.get(refusal.code)
    return Wording(said.what, str(said.do) % {"most": BULK_OPEN}) if said and refusal.code == "capped" else said
