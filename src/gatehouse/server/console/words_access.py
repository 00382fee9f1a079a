"""Words of rules, zones and how gates stand. Joined to the tables of `words`."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Said = tuple[Promise | str, Promise | str]  # what happened, and what to do about it

REASONS: dict[str, Said] = {
    "two_person": (_("Two people went in together"), ""),
    "evacuation": (_("The site is being left: every gate stands open"), ""),
    "passback": (
        _("They are inside already, as far as the gates know"),
        _("Look whether somebody else used their way in. Forget who is where under Zones, or open by hand."),
    ),
    "zone_full": (_("As many people as may be are inside"), _("Wait until somebody leaves.")),
    "second_person": (_("This zone is entered by two people"), _("Ask the second person to show themselves now.")),
    "first_person": (_("Somebody else has to come first today"), _("Wait for one of them, or open by hand.")),
    "escort": (_("They come in only right after an escort"), _("Ask the escort to go in first.")),
    "interlock": (_("The other door of the vestibule is open"), _("Close it first.")),
    "paper_missing": (_("A certificate is missing"), _("Enter it under Time, Teams; gates know it at once.")),
    "paper_not_yet": (_("A certificate does not hold yet"), _("Enter it under Time, Teams; gates know it at once.")),
    "paper_ended": (_("A certificate has run out"), _("Renew it under Time, Teams; gates know it at once.")),
    "lockdown": (_("The site is locked down"), _("Security ends it under Watch.")),
}

EVENTS: dict[str, Said] = {
    "duress": (
        _("Somebody opened under threat"),
        _("Act as your plan says, in silence. The gate showed nothing."),
    ),
    "passback": (_("Somebody came in who is inside already"), _("Their way in may be used by two people.")),
    "left_alone": (_("One person is alone in a zone for two"), _("Ask them to come out, or send a second one in.")),
    "tamper": (_("The case of a reader or relay was opened"), _("Send somebody to look.")),
    "unlocked": (_("The door stands unlocked"), ""),
    "locked": (_("The door is locked again"), ""),
}

PURPOSES = {
    "access.why": _("asked why a gate answered you as it did"),
    "access.whatif": _("looked who may pass a gate"),
    "access.expect": _("wrote down what a rule must answer to you"),
}

VERBS = {
    "gate.unlocked": _("unlocked a gate"),
    "rule.changed": _("changed a rule"),
    "schedule.changed": _("changed a schedule"),
    "schedule.dropped": _("dropped a schedule"),
    "zone_rule.changed": _("changed what a zone asks for"),
    "expectation.added": _("wrote down what a policy must answer"),
    "expectation.dropped": _("took back what a policy must answer"),
    "policy.published": _("published a policy"),
    "policy.draft_put_back": _("put a draft back"),
    "site.lockdown": _("locked a site down"),
    "site.evacuation": _("opened every gate of a site"),
    "site.alert_over": _("ended a lockdown or evacuation"),
    "site.duress_on": _("let PINs tell of a threat"),
    "site.duress_off": _("stopped PINs from telling of a threat"),
    "places.forgotten": _("let it be forgotten who is where"),
}

OBJECTS = {"zone_rule": _("zone"), "policy": _("policy")}

PASSBACK = {
    "site": _("as the site does"),
    "off": _("nothing is done"),
    "soft": _("they are let in, and Watch is told"),
    "hard": _("they are refused until they went out"),
    "timed": _("they are refused for a while"),
}

ALERTS = {"lockdown": _("Locked down"), "evacuation": _("Everybody out: every gate stands open")}

HELD = {
    "in_force": _("held at that moment"),
    "not_yet": _("had not begun"),
    "over": _("was over"),
    "other_hours": _("did not hold at that hour"),
    "no_hours": _("its hours are gone"),
}
