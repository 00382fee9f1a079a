"""Words for what is done by hand at lanes, for the lines of a statement, and for what becomes of a dispute."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.payouts import Line, LineKind
from gatehouse.server.console import words
from gatehouse.server.console.words_lanes import WHYS
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.models import Act

# Why a lane that collects is opened by hand: the reasons of the lanes.
_CHOSEN = (Why.MISREAD, Why.DIRTY, Why.FAULT, Why.TAILGATED, Why.EMERGENCY, Why.GUEST, Why.GOODWILL)
LANE_BECAUSE: tuple[tuple[str, words.Text], ...] = (
    *((why.value, WHYS[why]) for why in _CHOSEN),
    ("other", gettext_lazy("Something else (write it below)")),
)
REASONS: dict[str, words.Text] = {str(why): said for why, said in WHYS.items()} | {
    "visitor": gettext_lazy("A visitor who is expected"),
    "delivery": gettext_lazy("A delivery"),
    "forgotten": gettext_lazy("Their pass or card is forgotten; I know them"),
    "help": gettext_lazy("Somebody needs help"),
    "none": gettext_lazy("No reason was given"),
}

ACTS: dict[str, words.Text] = {
    Act.OPENED: gettext_lazy("Opened by hand"),
    Act.FREE_PASS: gettext_lazy("Let out free of charge"),
    Act.CLOSED_UNPAID: gettext_lazy("Closed unpaid"),
    Act.LEFT_UNSEEN: gettext_lazy("Closed as left unseen"),
    Act.SAME_CAR: gettext_lazy("Taken for a car of another plate"),
    Act.CLASS_SET: gettext_lazy("Vehicle class set by hand"),
}

MONEY_STATES: dict[str, words.Text] = {
    "started": gettext_lazy("not finished"),
    "settled": gettext_lazy("came"),
    "failed": gettext_lazy("did not come"),
    "late": gettext_lazy("came after the car had left"),
    "requested": gettext_lazy("to be paid back"),
    "sent": gettext_lazy("on its way back"),
    "done": gettext_lazy("went back"),
    "": gettext_lazy("to be paid back"),
}

PAYOUT_STATES: dict[str, tuple[words.Text, str]] = {
    "draft": (gettext_lazy("Draft"), "off"),
    "approved": (gettext_lazy("Approved"), "warn"),
    "paid": (gettext_lazy("Paid"), "good"),
}

DISPUTE_STATES: dict[str, tuple[words.Text, str]] = {
    "open": (gettext_lazy("Waits for us"), "warn"),
    "answered": (gettext_lazy("Waits for them"), "off"),
    "upheld": (gettext_lazy("Upheld"), "good"),
    "rejected": (gettext_lazy("Rejected"), "stop"),
}

UPHELD_BECAUSE: tuple[tuple[str, words.Text], ...] = (
    ("wrong_car", gettext_lazy("It was another car")),
    ("fault", gettext_lazy("Something of ours did not work")),
    ("merged", gettext_lazy("Two visits were counted as one")),
    ("wrong_price", gettext_lazy("The price was wrong")),
    ("courtesy", gettext_lazy("As a courtesy")),
)
REJECTED_BECAUSE: tuple[tuple[str, words.Text], ...] = (
    ("right_price", gettext_lazy("The price follows the posted tariff")),
    ("no_evidence", gettext_lazy("Nothing that is recorded shows it")),
    ("paid_back", gettext_lazy("It was paid back already")),
)
DECIDED: dict[str, words.Text] = dict(UPHELD_BECAUSE + REJECTED_BECAUSE)

PROBLEMS: dict[str, words.Text] = {
    "no_text": gettext_lazy("Write what it is about."),
    "too_long": gettext_lazy("Write at most 1,000 characters."),
    "too_many": gettext_lazy("There are many messages already: decide now."),
    "too_late": gettext_lazy("This payment is too long ago to be contested here."),
    "not_paid": gettext_lazy("No money came for this payment."),
    "there": gettext_lazy("This payment is contested already."),
    "decided": gettext_lazy("It was decided meanwhile. Look again."),
    "bad_amount": gettext_lazy("Write an amount above nothing and no higher than what was paid."),
    "no_reason": gettext_lazy("Choose why."),
    "no_payment": gettext_lazy("No payment of your garages has this receipt number."),
    "no_name": gettext_lazy("Write a name of at most 80 characters."),
    "taken_name": gettext_lazy("An owner of this name is there already."),
    "bad_percent": gettext_lazy("Write percentages from 0 to 100, such as 8.25."),
    "bad_parts": gettext_lazy("Write parts as a whole number from 1 to 10,000."),
    "bad_fee": gettext_lazy("Write the fixed fee as an amount, such as 50.00."),
    "bad_iban": gettext_lazy("This is no valid IBAN. Type it as it stands on the statement of account."),
    "bad_date": gettext_lazy("Write a date from 2000-01-01 to 2199-12-31."),
    "bad_garage": gettext_lazy("Choose a garage."),
    "order": gettext_lazy("It ends after it starts."),
    "overlap": gettext_lazy("This owner holds the garage on these dates already. End that first."),
    "month_not_over": gettext_lazy("A month is stated when it is over."),
    "nothing_held": gettext_lazy("No garage belonged to this owner in that month."),
    "not_draft": gettext_lazy("It was approved or prepared anew meanwhile. Look again."),
    "same_person": gettext_lazy("Somebody else than who prepared it approves it."),
    "not_approved": gettext_lazy("Only an approved statement is paid, and once."),
}


def problem(code: str) -> words.Text:
    return PROBLEMS.get(code, PROBLEMS["decided"])


def payout_line(line: Line) -> str:
    """What a line of a statement is for."""
    params = line.params
    match line.kind:
        case LineKind.GROSS:
            if params["tax_percent"] == "":
                return _("Money came in")
            return _("Came in, %(rate)s %% tax contained") % {"rate": params["tax_percent"]}
        case LineKind.REFUNDS:
            if params["tax_percent"] == "":
                return _("Paid back to drivers")
            return _("Paid back to drivers, %(rate)s %% tax contained") % {"rate": params["tax_percent"]}
        case LineKind.PROVIDER_FEE:
            return _("Fee of the payment provider %(name)s, %(percent)s %%") % {
                "name": params["provider"], "percent": params["percent"],
            }  # fmt: skip
        case LineKind.COMMISSION:
            return _("Commission, %(percent)s %%") % {"percent": params["percent"]}
        case LineKind.FIXED_FEE:
            return _("Fixed fee, %(days)s of %(of)s days") % {"days": params["days"], "of": params["of_days"]}
        case LineKind.FEE_VAT:
            return _("VAT on commission and fee, %(percent)s %%") % {"percent": params["percent"]}
        case LineKind.EARLIER:
            return _("Correction of %(month)s") % {"month": params["month"]}
