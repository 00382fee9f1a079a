"""Lane exceptions in words: what happened, which answers there are, why, and how alike two plates are."""

from django.utils.translation import gettext_lazy as _

from gatehouse.domain.matching import Likeness
from gatehouse.server.console.words import Text, Wording
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import Answer, Problem
from gatehouse.server.parking.models import ExceptionKind

KINDS: dict[str, Wording] = {
    ExceptionKind.HELD_WITHOUT_STAY: Wording(
        _("A car at the exit has no entry"),
        _("No parked car has this plate. It may have been misread when it came in."),
    ),
    ExceptionKind.TWO_ALIKE: Wording(
        _("A car at the exit looks like two parked cars"), _("Their plates look the same. Find out which one it is.")
    ),
    ExceptionKind.UNREAD: Wording(
        _("A plate can not be read"), _("Ask the driver to move forward a little, or for the plate.")
    ),
    ExceptionKind.HELP: Wording(_("A driver asks for help"), _("Speak to the driver.")),
    ExceptionKind.OVERSTAYED: Wording(
        _("A car paid, then stayed too long"), _("The exit display shows what was added.")
    ),
    ExceptionKind.EXIT_WITHOUT_STAY: Wording(
        _("A car left, and nobody knows whose entry it was"), _("Its stay still counts as parked until it is named.")
    ),
    ExceptionKind.TAILGATE: Wording(
        _("Something passed that was not let through"), _("A car may have followed another one closely.")
    ),
    ExceptionKind.REVERSED: Wording(
        _("A car was let out, but was not felt to leave"), _("It may have backed up, or the sensor missed it.")
    ),
    ExceptionKind.ENTERED_TWICE: Wording(
        _("A car came in twice without leaving"), _("The first stay is closed and charged only for what is known.")
    ),
    ExceptionKind.LATE_PAYMENT: Wording(
        _("Money came after the car had left"), _("The payment is on the list of payments, to be paid back.")
    ),
    ExceptionKind.EXCESS_PAYMENT: Wording(
        _("More money came than was owed"), _("The payment is on the list of payments, to be paid back.")
    ),
    ExceptionKind.UNPRICED_PAYMENT: Wording(
        _("Money came for a stay without a price"), _("The car may stand at the exit. Check the tariff.")
    ),
    ExceptionKind.STAY_UNREADABLE: Wording(
        _("The key of a parked car is gone"), _("Its stay was closed without a price. Let the car out by hand.")
    ),
}

ANSWERS: dict[str, Wording] = {
    Answer.CHARGE: Wording(
        _("It is this stay: let it pay"), _("The exit shows what it owes and opens once it is paid.")
    ),
    Answer.LET_OUT: Wording(_("Let it out free"), _("What it owes is waived, under your name.")),
    Answer.CLOSE: Wording(_("It was this stay: it left"), _("The stay ends at that moment, unpaid.")),
    Answer.LEFT_UNSEEN: Wording(_("This stay left unseen"), _("Charged only until it was last known inside.")),
    Answer.OPEN: Wording(_("Open the barrier"), _("Once, now, under your name.")),
    Answer.ADMIT: Wording(_("Let it in under a number"), _("It gets a number instead of its plate, and pays by that.")),
    Answer.NO_STAY: Wording(_("It has no stay here"), _("Nothing is closed.")),
    Answer.COME_AGAIN: Wording(_("It comes again"), _("The driver backs up and tries once more.")),
    Answer.HELPED: Wording(_("Helped by word"), _("Nothing is opened.")),
    Answer.PAYS_REST: Wording(_("It pays the rest"), _("The display shows how much.")),
    Answer.FALSE_ALARM: Wording(_("Nobody passed"), _("A false alarm of the sensor.")),
    Answer.STILL_INSIDE: Wording(_("It is still inside"), _("Its stay goes on.")),
    Answer.HAD_LEFT: Wording(_("It had left unseen"), _("As the books say already.")),
    Answer.COPIED_PLATE: Wording(_("Two cars with one plate"), _("Tell the owner: a plate may be copied.")),
    Answer.PAID_BACK: Wording(_("It is paid back"), _("You did so on the list of payments.")),
    Answer.KEPT: Wording(_("Nothing to pay back"), _("The money was owed after all.")),
    Answer.LOOKED_AFTER: Wording(_("Looked after"), _("The car is out, or will be let out.")),
    "passed": Wording(_("It was over by itself"), _("A car has left there.")),
}

WHYS: dict[str, Text] = {
    Why.MISREAD: _("The plate was misread"),
    Why.DIRTY: _("The plate is dirty, bent or missing"),
    Why.SWAPPED: _("The plates were changed inside"),
    Why.FAULT: _("A camera, barrier or payment did not work"),
    Why.TAILGATED: _("It followed another car"),
    Why.EMERGENCY: _("An emergency"),
    Why.GUEST: _("A guest of the house"),
    Why.GOODWILL: _("Goodwill"),
    Why.OTHER: _("Something else"),
}

LIKENESS: dict[str, Text] = {
    Likeness.EXACT: _("the same plate"),
    Likeness.FOLDED: _("a plate that looks the same"),
    Likeness.LOOK_ALIKE: _("characters that are easily confused"),
    Likeness.ONE: _("one character differs"),
    Likeness.TWO: _("two characters differ"),
}

PROBLEMS: dict[str, Wording] = {
    Problem.ALREADY: Wording(_("Somebody was faster, or it was over by itself"), _("Nothing was done twice.")),
    Problem.TAKEN: Wording(_("A colleague looks after this one"), _("Take it over first, or go on to the next.")),
    Problem.NOT_OFFERED: Wording(_("That is no answer to this"), _("Choose one of the buttons and a reason.")),
    Problem.NO_STAY: Wording(
        _("Choose the stay first"), _("Pick one that is likely, or type the plate that the driver tells you.")
    ),
    Problem.NO_LANE: Wording(_("There is no barrier to open for this"), _("Open the lane on the Watch page.")),
    Problem.CHANGED: Wording(_("That stay was paid or has left meanwhile"), _("Look at it again.")),
}
