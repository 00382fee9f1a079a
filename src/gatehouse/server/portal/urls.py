"""The portal's addresses."""

from django.urls import register_converter

from gatehouse.server.console.access import WORKERS, page, public
from gatehouse.server.portal import (
    auto,
    display,
    dispute,
    help,
    lanes,
    lost,
    me,
    me_performance,
    merchant,
    my_pass,
    notices,
    pay,
    receipt,
    sign,
    slips,
    team,
)
from gatehouse.server.portal.addresses import MandateAddress, OpeningAddress, PaymentAddress

register_converter(PaymentAddress, "own_payment")
register_converter(MandateAddress, "own_mandate")
register_converter(OpeningAddress, "own_opening")

urlpatterns = [
    public("pay/notice/<slug:provider>/<code:code>", notices.notice, "pay-notice"),
    public("pay/auto/<own_mandate:mandate_id>/", auto.auto_pay, "auto-pay"),
    public("pay/<code:code>/", pay.pay, "pay"),
    public("pay/<code:code>/station/", pay.station, "pay-station"),
    public("pay/<code:code>/find", pay.find, "pay-find"),
    public("pay/<code:code>/start", pay.start, "pay-start"),
    public("pay/<code:code>/test/<own_payment:payment_id>/", pay.test_provider, "pay-test"),
    public("pay/<code:code>/paid/<own_payment:payment_id>/", receipt.receipt, "pay-receipt"),
    public("pay/<code:code>/paid/<own_payment:payment_id>/state", receipt.receipt_state, "pay-state"),
    public("pay/<code:code>/paid/<own_payment:payment_id>/more", receipt.more, "pay-more"),
    public("pay/<code:code>/paid/<own_payment:payment_id>/receipt.pdf", receipt.pdf, "pay-pdf"),
    public("pay/<code:code>/paid/<own_payment:payment_id>/invoice", receipt.invoice, "pay-invoice"),
    public("pay/<code:code>/lost/", lost.lost, "pay-lost"),
    public("pay/<code:code>/help", help.call, "pay-help"),
    public("pay/<code:code>/help/<uuid:exception_id>/", help.called, "pay-help-state"),
    public("pay/<code:code>/exit/<code:lane>/", lanes.held, "pay-held"),
    public("pay/<code:code>/exit/<slug:gate>/<code:lane>/", lost.unfound, "pay-unfound"),
    public("pay/<code:code>/entry/<slug:gate>/<code:lane>/", lanes.entry, "pay-entry"),
    public("pay/<code:code>/entry/<slug:gate>/<code:lane>/open", lanes.come_in, "pay-come-in"),
    public("pay/<code:code>/mine/<own_opening:opening_id>/", lanes.mine, "pay-mine"),
    public("pay/<code:code>/paid/<own_payment:payment_id>/dispute", dispute.dispute, "pay-dispute"),
    public("display/<slug:site>/<slug:gate>/<code:code>/", display.display, "display"),
    public("display/<slug:site>/<slug:gate>/<code:code>/screen", display.screen, "display-screen"),
    public("merchant/<code:code>/", merchant.merchant, "merchant"),
    public("merchant/<code:code>/pin", merchant.pin, "merchant-pin"),
    public("merchant/<code:code>/give", merchant.give, "merchant-give"),
    public("merchant/<code:code>/undo", merchant.undo, "merchant-undo"),
    public("merchant/<code:code>/code", merchant.show, "merchant-code"),
    public("validate/<code:code>/", merchant.scan, "validate"),
    public("sign/<code:code>/", sign.sign, "sign"),
    public("sign/<code:code>/screen", sign.screen, "sign-screen"),
    page("me/", me.me, "me", WORKERS),
    page("me/pass/", my_pass.my_pass, "me-pass", WORKERS),
    page("me/pass/code", my_pass.code, "me-pass-code", WORKERS),
    page("me/seen", me_performance.seen, "me-seen", WORKERS),
    page("me/contest", me_performance.contest, "me-contest", WORKERS),
    page("me/contests/<uuid:contest_id>/say", me_performance.say_more, "me-contest-say", WORKERS),
    page("me/contests/<uuid:contest_id>/withdraw", me_performance.withdraw, "me-contest-withdraw", WORKERS),
    page("me/reviews/<uuid:review_id>/reply", me_performance.reply, "me-review-reply", WORKERS),
    page("me/goal", me_performance.goal, "me-goal", WORKERS),
    page("me/correct", me.correct, "me-correct", WORKERS),
    page("me/slips/<uuid:slip_id>/", slips.slip, "me-slip", WORKERS),
    page("me/slips/<uuid:slip_id>/file", slips.slip_file, "me-slip-file", WORKERS),
    page("me/year/<int:year>/file", slips.year_file, "me-year-file", WORKERS),
    page("me/team/", team.team, "me-team", WORKERS),
    page("me/team/<uuid:note_id>/answer", team.answer, "me-team-answer", WORKERS),
    page("me/withdraw", me.withdraw, "me-withdraw", WORKERS),
]
