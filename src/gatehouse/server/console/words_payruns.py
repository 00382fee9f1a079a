"""Pay runs in words: states, kinds, why a step was not taken, why somebody has no payslip, and what changed."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.money import Money
from gatehouse.domain.pay_changes import FactorChange, Kind, LineChange
from gatehouse.server.console import saying
from gatehouse.server.console.words import Text, Wording, refused
from gatehouse.server.console.words_pay import factor_value, line_name
from gatehouse.server.payroll.models import RunKind, RunState

STATES: dict[str, tuple[Text, str, str]] = {
    RunState.DRAFT: (gettext_lazy("Draft"), "off", "clock"),
    RunState.REVIEW: (gettext_lazy("In review"), "warn", "eye"),
    RunState.APPROVED: (gettext_lazy("Approved"), "good", "yes"),
    RunState.LOCKED: (gettext_lazy("Locked"), "good", "closed"),
    RunState.EXPORTED: (gettext_lazy("Exported"), "good", "yes"),
}

KINDS: dict[str, tuple[Text, Text]] = {
    RunKind.REGULAR: (gettext_lazy("The month's run"), gettext_lazy("Everybody with a contract in the month.")),
    RunKind.FINAL: (
        gettext_lazy("Final pay"),
        gettext_lazy("Only people whose contract ends in the month, with the leave that is left."),
    ),
    RunKind.OFF_CYCLE: (
        gettext_lazy("Off the cycle"),
        gettext_lazy("Only people with an amount for it: a bonus or a repayment beside the month."),
    ),
}

NOT_DONE: dict[str, Wording] = {
    "open_run": Wording(
        gettext_lazy("Another run of this site is open"),
        gettext_lazy("Lock or discard it first: runs build on each other."),
    ),
    "later_run": Wording(
        gettext_lazy("A later month is locked already"),
        gettext_lazy("What an earlier month still owes is paid as arrears in the next run."),
    ),
    "nobody": Wording(
        gettext_lazy("There is nobody to pay in such a run"),
        gettext_lazy("Check contracts and amounts, or whether the month was paid already."),
    ),
    "not_reckoned": Wording(
        gettext_lazy("Not everybody is reckoned yet"), gettext_lazy("Wait until the bar is full, then send it again.")
    ),
    "not_now": Wording(
        gettext_lazy("The run is no longer at that step"), gettext_lazy("Somebody else was faster. Look at its state.")
    ),
    "own_work": Wording(
        gettext_lazy("You had a hand in this run"),
        gettext_lazy("Somebody else approves it: whoever made, reckoned, sent or fed a run never does."),
    ),
}

WITHOUT: dict[str, Text] = {
    "not_employed": gettext_lazy("No contract holds in this month"),
    "mixed_terms": gettext_lazy("The way of paying changes within the month"),
    "mixed_currencies": gettext_lazy("The currency changes within the month"),
    "currency_changed": gettext_lazy("The year so far was paid in another currency"),
    "no_leave_rate": gettext_lazy("Leave cannot be paid out by a piece rate"),
    "no_contribution_table": gettext_lazy("The rulebook has no contributions for this month"),
    "no_year_end_rule": gettext_lazy("The rulebook taxes no year-end bonus apart in this month"),
    "second_year_end_bonus": gettext_lazy("This year had a year-end bonus already"),
    "net_below_zero": gettext_lazy("Deductions are more than the pay"),
    "unreadable": gettext_lazy("Something sealed about this person cannot be read"),
    "bad_rulebook": gettext_lazy("The site's rulebook is not there, damaged, or of another currency"),
    "no_workdays": gettext_lazy("The month has no workdays"),
    "reserved_code": gettext_lazy("A component has the name of another line"),
    "overlap": gettext_lazy("two wages hold on one date; end the one where the next begins"),
    "not_off_cycle": gettext_lazy("An amount that goes by the month's work has no place off the cycle"),
    "currency_mix": gettext_lazy("An amount is in another currency than the contract"),
}

MARKS: dict[str, Text] = {
    "refused": gettext_lazy("no payslip"),
    "arrears": gettext_lazy("arrears"),
    "large": gettext_lazy("changed by more than a tenth"),
    "terms": gettext_lazy("joined, left or other terms"),
    "first": gettext_lazy("first payslip"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A changed line in words: what, from how much to how much, and because of what."""

    what: str
    before: str
    now: str
    why: str


def without(code: str) -> Text:
    return WITHOUT.get(code, gettext_lazy("It could not be reckoned"))


def change(line: LineChange) -> Change:
    zero = Money.zero(line.now.currency)
    kinds = {
        Kind.NEW: _("new"),
        Kind.GONE: _("no longer there"),
        Kind.CHANGED: "; ".join(_factor(one, line.now.currency) for one in line.because),
    }
    before = saying.money(line.before) if line.kind is not Kind.NEW else saying.money(zero)
    return Change(line_name(line.code, line.of_month), before, saying.money(line.now), kinds[line.kind])


def _factor(one: FactorChange, currency: str) -> str:
    def said(value: Fraction | None) -> str:
        return _("nothing") if value is None else factor_value(one.name, value, currency)

    return _("%(before)s, now %(now)s") % {"before": said(one.before), "now": said(one.now)}


PAY_KINDS: dict[str, Text] = {
    "month": gettext_lazy("a month"),
    "day": gettext_lazy("a day"),
    "hour": gettext_lazy("an hour"),
    "piece": gettext_lazy("a piece"),
}

COMPONENT_KINDS: dict[str, Text] = {
    "fixed": gettext_lazy("amount"),
    "day": gettext_lazy("amount for each day worked"),
    "share": gettext_lazy("per cent of basic pay"),
}

ACCOUNTS: dict[str, Text] = {
    "earning": gettext_lazy("Wages and salaries"),
    "contribution": gettext_lazy("Contributions owed"),
    "tax": gettext_lazy("Tax owed"),
    "recovery": gettext_lazy("Recovered"),
    "net": gettext_lazy("Net pay owed"),
}

TEMPLATES: dict[str, tuple[Text, Text]] = {
    "bank": (gettext_lazy("Bank file"), gettext_lazy("ISO 20022 pain.001.001.09, for the bank.")),
    "list": (gettext_lazy("Pay list"), gettext_lazy("A CSV table with every line of every payslip, for spreadsheets.")),
    "list-xlsx": (
        gettext_lazy("Pay list, as a workbook"),
        gettext_lazy("The same table as an XLSX file; amounts are numbers and texts stay texts."),
    ),
    "journal": (gettext_lazy("Journal"), gettext_lazy("Debits and credits by account that balance, for the books.")),
    "journal-xlsx": (gettext_lazy("Journal, as a workbook"), gettext_lazy("The same journal as an XLSX file.")),
}

EXPORT_STATES: dict[str, tuple[Text, str, str]] = {
    "asked": (gettext_lazy("Waits for a second person"), "warn", "clock"),
    "granted": (gettext_lazy("Granted"), "good", "yes"),
    "taken": (gettext_lazy("Taken"), "good", "yes"),
}

FAULTS: dict[str, Text] = {
    "bad_iban": gettext_lazy("the IBAN's check digits or length are wrong"),
    "bad_account": gettext_lazy("there is no account number that this bank takes"),
    "bad_bic": gettext_lazy("the BIC is wrong"),
    "no_name": gettext_lazy("a name is missing; the payer's stands under How we pay"),
    "charset": gettext_lazy("a name has letters that the bank does not read; give the account's holder in Latin ones"),
    "currencies": gettext_lazy("the run pays in more than one currency"),
    "no_payments": gettext_lazy("there is nobody to pay"),
    "keys_gone": gettext_lazy("this person was erased; nothing about them can be written"),
    "payer": gettext_lazy("say under How we pay who pays, and from which account"),
    "too_large": gettext_lazy("the amount is more than a bank takes at once"),
}
ANY_FAULT = gettext_lazy("something of it cannot be written")

_FILL: dict[str, Wording] = {
    "own_grant": Wording(
        gettext_lazy("Two people are needed"),
        gettext_lazy("Who asked for a file does not grant it, and who granted it does not take it."),
    ),
    "not_granted": Wording(
        gettext_lazy("The file is not granted, or no longer"),
        gettext_lazy("A grant holds for eight hours and ends when something in the file changes. Ask for it again."),
    ),
    "unknown_recipient": Wording(
        gettext_lazy("This recipient is not enrolled"), gettext_lazy("An owner enrols recipients by their key.")
    ),
}


def fill_refused(code: str) -> Wording:
    return _FILL.get(code) or refused(code)
