"""The portal's addresses."""

from gatehouse.server.console.access import WORKERS, page, public
from gatehouse.server.portal import auto, display, dispute, me, notices, pay

urlpatterns = [
    public("pay/notice/<slug:provider>/<code:code>", notices.notice, "pay-notice"),
    public("pay/auto/<uuid:mandate_id>/", auto.auto_pay, "auto-pay"),
    public("pay/<code:code>/", pay.pay, "pay"),
    public("pay/<code:code>/find", pay.find, "pay-find"),
    public("pay/<code:code>/start", pay.start, "pay-start"),
    public("pay/<code:code>/test/<uuid:payment_id>/", pay.test_provider, "pay-test"),
    public("pay/<code:code>/paid/<uuid:payment_id>/", pay.receipt, "pay-receipt"),
    public("pay/<code:code>/paid/<uuid:payment_id>/state", pay.receipt_state, "pay-state"),
    public("pay/<code:code>/paid/<uuid:payment_id>/dispute", dispute.dispute, "pay-dispute"),
    public("display/<slug:site>/<slug:gate>/<code:code>/", display.display, "display"),
    public("display/<slug:site>/<slug:gate>/<code:code>/screen", display.screen, "display-screen"),
    page("me/", me.me, "me", WORKERS),
    page("me/correct", me.correct, "me-correct", WORKERS),
    page("me/withdraw", me.withdraw, "me-withdraw", WORKERS),
]
