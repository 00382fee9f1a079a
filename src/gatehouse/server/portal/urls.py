"""The portal's addresses."""

from gatehouse.server.console.access import WORKERS, page, public
from gatehouse.server.portal import display, me, pay, slips

urlpatterns = [
    public("pay/<code:code>/", pay.pay, "pay"),
    public("pay/<code:code>/find", pay.find, "pay-find"),
    public("pay/<code:code>/start", pay.start, "pay-start"),
    public("pay/<code:code>/test/<uuid:payment_id>/", pay.test_provider, "pay-test"),
    public("pay/<code:code>/paid/<uuid:payment_id>/", pay.receipt, "pay-receipt"),
    public("pay/<code:code>/paid/<uuid:payment_id>/state", pay.receipt_state, "pay-state"),
    public("display/<slug:site>/<slug:gate>/<code:code>/", display.display, "display"),
    public("display/<slug:site>/<slug:gate>/<code:code>/screen", display.screen, "display-screen"),
    page("me/", me.me, "me", WORKERS),
    page("me/correct", me.correct, "me-correct", WORKERS),
    page("me/slips/<uuid:slip_id>/", slips.slip, "me-slip", WORKERS),
    page("me/slips/<uuid:slip_id>/file", slips.slip_file, "me-slip-file", WORKERS),
    page("me/year/<int:year>/file", slips.year_file, "me-year-file", WORKERS),
    page("me/withdraw", me.withdraw, "me-withdraw", WORKERS),
]
