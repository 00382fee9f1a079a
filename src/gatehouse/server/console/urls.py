"""The console's addresses, each with the roles that may open it."""

from datetime import date

from django.urls import register_converter
from django.urls.converters import StringConverter

from gatehouse.server.console import (
    enrolment,
    entrance,
    invitations,
    month,
    passages,
    people,
    trust,
    watch,
    watch_events,
    watch_log,
)
from gatehouse.server.console.access import GUARDS, KNOWERS, OWNERS, PAYROLL, TRUSTED, WATCHERS, page, public
from gatehouse.server.console.garages import (
    accounts,
    auto_pay,
    by_hand,
    disputes,
    lanes,
    money,
    overview,
    payouts,
    reports,
    tabs,
)
from gatehouse.server.console.months import MonthConverter, meant


class DateConverter(StringConverter):
    """An ISO date that can be meant; a ValueError is a 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:  # type: ignore[override]
        return meant(date.fromisoformat(value))


class CodeConverter(StringConverter):
    """A one-time code or a code in an address: letters, digits, dash and underscore."""

    regex = r"[A-Za-z0-9_-]{1,200}"


register_converter(DateConverter, "date")
register_converter(CodeConverter, "code")
register_converter(MonthConverter, "month")

urlpatterns = [
    public("", entrance.home, "home"),
    public("enter/", entrance.enter, "enter"),
    public("enter/<code:code>/", entrance.enter, "enter-code"),
    public("enter/<code:code>", entrance.enter, "enter-code-bare"),
    public("leave/", entrance.sign_out, "sign-out"),
    page("watch/", watch.watch, "watch", WATCHERS),
    page("watch/events", watch_events.events, "watch-events", WATCHERS),
    page("watch/alarms/", watch.alarms, "watch-alarms", WATCHERS),
    page("watch/alarms/<uuid:alarm_id>/seen", watch.see_alarm, "watch-seen", GUARDS),
    page("watch/gates/<uuid:gate_id>/", watch.gate_tile, "watch-gate", WATCHERS),
    page("watch/gates/<uuid:gate_id>/open", watch.open_by_hand, "watch-open", GUARDS),
    page("watch/gates/<uuid:gate_id>/mode", watch.set_mode, "watch-mode", watch.LOCKERS),
    page("watch/log/", watch_log.log, "watch-log", WATCHERS),
    page("watch/log/<date:on>/", watch_log.log, "watch-log-day", WATCHERS),
    page("watch/log/<date:on>/page/<int:number>/", watch_log.log, "watch-log-page", WATCHERS),
    page("watch/log/<uuid:attempt_id>/who", watch_log.who, "watch-who", watch_log.ASKERS),
    page("lanes/", lanes.lanes, "lanes", lanes.READERS),
    page("lanes/queue", lanes.queue, "lanes-queue", lanes.READERS),
    page("lanes/undo", lanes.take_back, "lanes-undo", lanes.ANSWERERS),
    page("lanes/gates/<uuid:gate_id>/", lanes.chip, "lanes-chip", lanes.READERS),
    page("lanes/<uuid:exception_id>/", lanes.lane, "lane", lanes.READERS),
    page("lanes/<uuid:exception_id>/next", lanes.next_lane, "lanes-next", lanes.READERS),
    page("lanes/<uuid:exception_id>/take", lanes.take, "lane-take", lanes.ANSWERERS),
    page("lanes/<uuid:exception_id>/back", lanes.give_back, "lane-back", lanes.ANSWERERS),
    page("lanes/<uuid:exception_id>/read", lanes.read, "lane-read", lanes.ANSWERERS),
    page("lanes/<uuid:exception_id>/stay", lanes.name_stay, "lane-name", lanes.ANSWERERS),
    page("lanes/<uuid:exception_id>/answer", lanes.answer, "lane-answer", lanes.ANSWERERS),
    page("parking/", overview.overview, "parking", tabs.READERS),
    page("parking/page/<int:number>/", overview.overview, "parking-page", tabs.READERS),
    page("parking/reports/", reports.reports, "reports", tabs.READERS),
    page("parking/reports/<date:since>/<date:until>/", reports.reports, "reports-span", tabs.READERS),
    page("parking/by-hand/", by_hand.by_hand, "by-hand", tabs.READERS),
    page("parking/by-hand/<date:since>/<date:until>/", by_hand.by_hand, "by-hand-span", tabs.READERS),
    page(
        "parking/by-hand/<uuid:operator_id>/<date:since>/<date:until>/", by_hand.acts_of, "by-hand-acts", tabs.READERS
    ),
    page("parking/payouts/", payouts.payouts, "payouts", payouts.READERS),
    page("parking/payouts/page/<int:number>/", payouts.payouts, "payouts-page", payouts.READERS),
    page("parking/payouts/<uuid:owner_id>/", payouts.owner, "payouts-owner", payouts.READERS),
    page("parking/payouts/month/<uuid:statement_id>/", payouts.statement, "payouts-statement", payouts.READERS),
    page("parking/payouts/month/<uuid:statement_id>/csv", payouts.statement_csv, "payouts-csv", payouts.READERS),
    page("parking/payouts/month/<uuid:statement_id>/pdf", payouts.statement_pdf, "payouts-pdf", payouts.READERS),
    page("parking/disputes/", disputes.disputes, "disputes", tabs.READERS),
    page("parking/disputes/page/<int:number>/", disputes.disputes, "disputes-page", tabs.READERS),
    page("parking/disputes/<uuid:dispute_id>/", disputes.dispute, "dispute", tabs.READERS),
    page("parking/money/", money.money, "money", tabs.READERS),
    page("parking/money/<month:of>/", money.money, "money-month", tabs.READERS),
    page("parking/money/<month:of>/page/<int:number>/", money.money, "money-page", tabs.READERS),
    page("parking/money/<month:of>/csv", money.export, "money-csv", tabs.READERS),
    page("parking/money/<date:on>/", money.money, "money-day", tabs.READERS),
    page("parking/money/<date:on>/page/<int:number>/", money.money, "money-day-page", tabs.READERS),
    page("parking/money/compare", money.compare, "money-compare", tabs.PARKERS),
    page("parking/money/differences/<uuid:difference_id>", money.explain, "money-explain", tabs.PARKERS),
    page("parking/money/<uuid:payment_id>/refund", money.refund, "money-refund", tabs.PARKERS),
    page("parking/money/<uuid:payment_id>/pay-back", money.pay_back, "money-pay-back", tabs.PARKERS),
    page("parking/money/accounts/", accounts.accounts, "money-accounts", OWNERS),
    page("parking/money/accounts/<uuid:account_id>/try", accounts.try_it, "money-account-try", OWNERS),
    page("parking/money/accounts/<uuid:account_id>/turn", accounts.turn, "money-account-turn", OWNERS),
    page("parking/money/accounts/<uuid:account_id>/keys", accounts.keys, "money-account-keys", OWNERS),
    page("parking/money/auto/", auto_pay.auto_pay, "money-auto", tabs.PARKERS),
    page("parking/money/auto/<uuid:mandate_id>/withdraw", auto_pay.withdraw, "money-auto-withdraw", tabs.PARKERS),
    page("people/", people.people, "people", KNOWERS),
    page("people/page/<int:number>/", people.people, "people-page", KNOWERS),
    page("people/<uuid:person_id>/", people.person, "person", KNOWERS),
    page("people/<uuid:person_id>/name", people.name, "person-name", KNOWERS),
    page("people/<uuid:person_id>/enrol", enrolment.enrol, "person-enrol", people.ENROLLERS),
    page("people/<uuid:person_id>/withdraw", enrolment.withdraw, "person-withdraw", people.WITHDRAWERS),
    page("people/<uuid:person_id>/pass", enrolment.issue_pass, "person-pass", people.ENROLLERS),
    page("people/<uuid:person_id>/card", enrolment.add_card, "person-card", people.ENROLLERS),
    page("people/<uuid:person_id>/pin", enrolment.set_pin, "person-pin", people.ENROLLERS),
    page("people/<uuid:person_id>/take-back", enrolment.take_back, "person-take-back", people.ENROLLERS),
    page("people/<uuid:person_id>/passages", passages.passages, "person-passages", KNOWERS),
    page("people/<uuid:person_id>/invite", invitations.invite_worker, "person-invite", PAYROLL),
    page("operators/<uuid:operator_id>/invite", invitations.invite_operator, "invite-operator", OWNERS),
    page("month/", month.month, "month", PAYROLL),
    page("month/<month:of>/", month.month, "month-of", PAYROLL),
    page("month/<month:of>/page/<int:number>/", month.month, "month-page", PAYROLL),
    page("month/<month:of>/<uuid:person_id>", month.person_month, "month-person", PAYROLL),
    page("trust/", trust.trust, "trust", TRUSTED),
]
