"""Words about money: providers, states of payments and refunds, differences of statements."""

from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.words import Text, Wording

PROVIDERS: dict[str, Text] = {
    "test": _("the test provider"),
    "stripe": _("Stripe (card)"),
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
}
PAYMENT_STATES: dict[str, Text] = {
    "started": _("begun"),
    "settled": _("paid"),
    "failed": _("not paid"),
    "late": _("paid too late"),
}
REFUND_STATES: dict[str, Text] = {
    "requested": _("on its way"),
    "sent": _("on its way"),
    "done": _("paid back"),
    "failed": _("did not work"),
}
REFUND_REASONS: dict[str, Text] = {
    "excess": _("More was paid than owed"),
    "late": _("Paid after the car had left"),
    "wrong_car": _("Paid for the wrong car"),
    "complaint": _("Complaint"),
    "fault": _("Our fault"),
}
DIFFERENCES: dict[str, Text] = {
    "missing_here": _("The provider has money that we do not know of"),
    "missing_there": _("We have a payment that the provider does not"),
    "amount": _("Another amount"),
    "double": _("The provider has it twice"),
    "refund_missing_here": _("The provider paid back what we do not know of"),
    "refund_missing_there": _("We paid back what the provider does not know of"),
    "refund_amount": _("Another amount was paid back"),
    "refund_double": _("The provider paid it back twice"),
}
EXPLANATIONS: dict[str, Text] = {
    "other_business": _("Not from this garage"),
    "provider_fault": _("The provider corrected it"),
    "paid_back": _("Paid back by hand"),
    "booked": _("Booked by hand"),
}
MANDATE_STATES: dict[str, Text] = {
    "offered": _("waits for the driver"),
    "asked": _("waits for the provider"),
    "active": _("pays by itself"),
    "withdrawn": _("withdrawn"),
}
FAULTS: dict[str, Wording] = {
    "away": Wording(_("The provider does not answer"), _("Try again later.")),
    "bad_keys": Wording(_("The provider does not accept these keys"), _("Enter them again, and check the account.")),
    "odd_answer": Wording(
        _("The provider's answer can not be trusted"), _("Check the provider's public key and the address.")
    ),
    "not_ready": Wording(_("The provider has no statement of this date yet"), _("It is asked again tomorrow.")),
    "not_supported": Wording(_("This provider can not do that")),
}


def fault(code: str) -> Wording:
    return FAULTS.get(code, FAULTS["odd_answer"])
