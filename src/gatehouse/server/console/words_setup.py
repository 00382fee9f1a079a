"""The words of set-up: steps, types of site, what comes with them, and what a camera or relay was seen to do."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gatehouse.domain.setting_up import Step
from gatehouse.server.console.words import Text, Wording

STEPS: Mapping[str, Wording] = {
    Step.SITE: Wording(_("Your site"), _("What it is called, and what kind of place it is.")),
    Step.OWNER: Wording(
        _("A way to sign in again"), _("The link that let you in works once. Add a passkey, or a password with a code.")
    ),
    Step.EDGE: Wording(
        _("The gate computer answers"),
        _("It starts by itself within a minute of the site. If it does not: is “gatehouse up” still running?"),
    ),
    Step.GATE: Wording(_("The first gate"), _("A door, a turnstile or a lane.")),
    Step.EYES: Wording(_("Something that sees who comes"), _("A camera, a tablet or a card reader.")),
    Step.SEEN: Wording(_("Look at the camera's picture"), _("Is it the right place, and upright?")),
    Step.RELAY: Wording(_("The relay that opens it"), _("A Shelly relay that is wired to the lock or barrier.")),
    Step.MOVED: Wording(_("Try the relay"), _("It opens once. Stand beside the gate and watch.")),
    Step.PEOPLE: Wording(
        _("The first people"), _("Each with a group and a way in: a face, a pass on the phone, a card or a PIN.")
    ),
    Step.RULE: Wording(_("The first rule"), _("Who may pass where, and when. Nobody is let in whom no rule names.")),
    Step.TARIFF: Wording(_("What parking costs"), _("A tariff, and the garage that its lanes belong to.")),
    Step.FIRST: Wording(_("The first one is let in"), _("Walk up to the gate. This ticks itself off.")),
    Step.KEPT: Wording(
        _("A recovery key"),
        _("Without one no backup is written. On the machine that runs Gatehouse: gatehouse keeper recovery-key"),
    ),
}

SITE_TYPES: Mapping[str, Wording] = {
    "workplace": Wording(_("A workplace"), _("Doors and turnstiles, working time, pay.")),
    "school": Wording(_("A school"), _("Doors with cards and passes, registers of classes, visitors.")),
    "construction": Wording(_("A construction site"), _("Turnstiles, crews of several companies, a real-name roster.")),
    "garage": Wording(_("A parking garage"), _("Lanes that read plates, tariffs, paying by phone.")),
}

GROUPS: Mapping[str, Text] = {
    "staff": _("Staff"),
    "cleaning": _("Cleaning"),
    "management": _("Management"),
    "teachers": _("Teachers"),
    "pupils": _("Pupils"),
    "guardians": _("Parents and guardians"),
    "crew": pgettext_lazy("group", "Crew"),
    "site_management": _("Site management"),
    "suppliers": _("Suppliers"),
    "attendants": _("Attendants"),
}

ZONES: Mapping[str, Text] = {
    "building": _("Building"),
    "school": _("School"),
    "works": _("Building ground"),
    "garage": _("Garage"),
}

HOURS: Mapping[str, Text] = {
    "office": _("Office hours"),
    "cleaning": _("Cleaning hours"),
    "school": _("School hours"),
    "works": _("Working hours"),
}

GATE_KITS: Mapping[str, Wording] = {
    "door": Wording(_("A door, both ways"), _("Face, pass, card or PIN. Does not count as working time.")),
    "door_in": Wording(_("A door, in only"), _("Face, pass, card or PIN.")),
    "punch_door": Wording(_("The door to work"), _("Face, pass, card or PIN; passing it counts as working time.")),
    "punch_in": Wording(_("Turnstile in"), _("Passing it begins working time.")),
    "punch_out": Wording(_("Turnstile out"), _("Passing it ends working time.")),
    "card_door": Wording(_("A door without faces"), _("Pass, card or PIN. No face is ever looked for.")),
    "lane_in": Wording(_("Entry of a garage"), _("Reads the plate and lets every car in that is not blocked.")),
    "lane_out": Wording(_("Exit of a garage"), _("Reads the plate and lets out who has paid.")),
    "staff_lane": Wording(_("A lane for known cars"), _("Reads the plate and lets in cars with a permit.")),
}

PAGES: Mapping[str, Text] = {
    "lanes": _("Lanes"),
    "parking": _("Parking"),
    "people": _("People"),
    "muster": _("Muster"),
    "month": pgettext_lazy("page", "Time"),
    "payruns": _("Pay runs"),
}

NO_PICTURE: Mapping[str, Wording] = {
    "password": Wording(
        _("The camera wants another name or password"),
        _("Use those of the camera itself, as on its own page. Some makes have a separate user for video."),
    ),
    "path": Wording(
        _("The camera is there, but sends no picture from this address"),
        _("Choose its make again, or look the address up in its manual: it is called RTSP address or main stream."),
    ),
    "refused": Wording(
        _("The machine is there, but nothing answers at that port"),
        _("Turn on RTSP in the camera's settings, or check the number after the colon."),
    ),
    "silent": Wording(
        _("It was reached, but no picture came"),
        _("Wait until the camera has started, then look again. If it stays so, take its second (sub) stream."),
    ),
    "not_video": Wording(
        _("What it sends is no video"), _("This may be the address of its web page. Choose its make.")
    ),
    "unclear": Wording(
        _("No picture comes from this address"),
        _("It may be that of the camera's web page, or mistyped. Choose its make, or look up its RTSP address."),
    ),
    "unreachable": Wording(
        _("Nothing answers at this address"),
        _("Is the camera on, and in the same network as the gate computer? Check the address letter by letter."),
    ),
    "unknown": Wording(
        _("The gate computer does not know this camera yet"), _("It learns of it within seconds. Look again.")
    ),
}

NOT_MOVED: Mapping[str, Wording] = {
    "refused": Wording(
        _("The relay refused"), _("Check its password: it is that of the relay's own page. Empty where it has none.")
    ),
    "lost": Wording(
        _("The relay does not answer"), _("Is it on, and in the same network as the gate computer? Check its address.")
    ),
    "no_relay": Wording(
        _("The gate computer does not know this relay yet"), _("It learns of it within seconds. Try again.")
    ),
    "not_opened": Wording(
        _("The gate was not opened"), _("It is locked down, or the site is. End that on Watch, then try again.")
    ),
}

EDGE_SILENT = Wording(
    _("The gate computer does not answer"),
    _("Cameras and relays are reached by it. See that “gatehouse up” runs, wait half a minute and try again."),
)
NOT_ANSWERED = Wording(
    _("No answer came, or it was shown already"), _("A picture is shown once and kept nowhere. Ask again.")
)
