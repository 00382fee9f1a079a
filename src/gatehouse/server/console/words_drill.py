"""What each attack of the drill tries, in words for an auditor. The codes are those of the drill's result."""

from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.words import Text

HERE: dict[str, Text] = {
    "moved_cells": _("Lay a sealed value at another person, row, column, day or version, or change one bit of it"),
    "no_ticket": _("Ask the keeper without signing in, with a forged ticket, or as one of the server's jobs"),
    "forged_letters": _("Report passages in the name of a gate computer"),
    "forged_gallery": _("Have faces, cards and plates sealed to a stranger's computer"),
    "log_stands": _("Find a line in the log of looks that its signed head does not prove"),
    "erased_people": _("Open what is left in the data of people who were erased"),
    "ids_in_logs": _("Find somebody's random id in a log file, beside a time"),
    "open_backups": _("Find a backup that is not sealed to the recovery key"),
    "stolen_spool": _("Open the reports that wait at the gate computer, with its own key"),
}
TWIN: dict[str, Text] = {
    "canaries": _("Find an invented text, one in every kind of personal field, in what can be stolen"),
    "greedy_reader": _("See more people in an hour than a guard may"),
    "patient_reader": _("See more people in a day than a guard may, by coming back every hour"),
    "many_readers": _("See more people in a day than all together may, by inventing operators"),
    "restarted_keeper": _("See more people after a restart"),
    "letter_by_letter": _("Find more people than a guard may, by one search after another"),
    "guessed_plates": _("Guess more plates than one address and one site may ask for"),
    "forged_letters": _("Repeat a report under another number or name, or with one bit changed"),
    "moved_cells": _("Lay a sealed value of every kind at another person, row, kind, site, day or version"),
    "erased_then_restored": _("Erase somebody and open an old copy of the data"),
    "two_days": _("Find what two days of one person or car have in common, a month apart"),
    "edited_log": _("Edit, cut, reorder or fork the log of looks"),
    "roles": _("Open a value with a role, as a worker or from a site that may not see it"),
    "templates": _("Be shown a face template or a PIN"),
}
WHY: dict[str, Text] = {
    "keeper_away": _("the keeper did not answer"),
    "no_cells": _("nothing is sealed yet"),
    "nobody_erased": _("nobody was erased yet"),
    "no_backups": _("there are no backups yet"),
    "no_logs": _("there are no log files there"),
    "no_edge": _("no gate computer has its folder there"),
    "nothing_waits": _("no report waits there"),
    "twin_failed": _("the second keeper could not be started"),
}
# What no drill can show, for the sheet.
NOT_SHOWN: tuple[Text, ...] = (
    _("Whoever is root on the keeper's machine, or reads the memory of a running gate computer: nothing stops them."),
    _("Habits: who comes every day at the same minute through the same gate can be followed as a random number."),
    _(
        "Attacks through web pages, tablets and payment providers, and a keeper that is slow or lies: these are tried "
        "by the program's own tests, before it is delivered, and not on a running site."
    ),
    _("Copies that somebody took to other machines, on paper or in a photo of a screen."),
    _("Whether a living person stands before a camera."),
)
