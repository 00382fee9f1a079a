"""The portal's addresses."""

from gatehouse.server.console.access import WORKERS, page, public
from gatehouse.server.portal import display, me, merchant, pay, sign

urlpatterns = [
    public("pay/<code:code>/", pay.pay, "pay"),
    public("pay/<code:code>/find", pay.find, "pay-find"),
    public("pay/<code:code>/start", pay.start, "pay-start"),
    public("pay/<code:code>/test/<uuid:payment_id>/", pay.test_provider, "pay-test"),
    public("pay/<code:code>/paid/<uuid:payment_id>/", pay.receipt, "pay-receipt"),
    public("pay/<code:code>/paid/<uuid:payment_id>/state", pay.receipt_state, "pay-state"),
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
    page("me/correct", me.correct, "me-correct", WORKERS),
    page("me/withdraw", me.withdraw, "me-withdraw", WORKERS),
]
