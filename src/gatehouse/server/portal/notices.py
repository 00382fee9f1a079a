"""The door of the payment providers: what they tell us, at one address per account.

Open to the world and without a CSRF token on purpose: a provider has neither. What counts is its signature. A message
that is forged, stale, not ours, of another amount or no message at all is refused, and nothing is written. With the
keeper away we say so, and the provider tells it again.
"""

from collections.abc import Mapping

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from gatehouse.server.keeping import KeeperAway, KeeperRefused
from gatehouse.server.moment import now
from gatehouse.server.parking import accounts, orders
from gatehouse.server.parking.orders import Heard
from gatehouse.server.parking.providers import builtin
from gatehouse.server.parking.providers.protocol import ProviderFault

log = structlog.get_logger()

NOTICE_BYTES = 64 * 1024
BUILTIN_CODE = "builtin"


def public_url(request: HttpRequest, path: str) -> str:
    """An address of ours as the world reaches it."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


@csrf_exempt
@require_POST
def notice(request: HttpRequest, provider: str, code: str) -> HttpResponse:
    account = accounts.account_by_code(provider, code)
    if account is None and (provider, code) != (builtin.NAME, BUILTIN_CODE):
        return _answer(provider, 404)
    try:
        if int(request.headers.get("Content-Length") or 0) > NOTICE_BYTES:
            return _answer(provider, 413)
        body = request.body
    except (ValueError, RequestDataTooBig, UnreadablePostError):
        return _answer(provider, 400)
    if len(body) > NOTICE_BYTES:
        return _answer(provider, 413)
    headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
    try:
        heard = orders.hear(provider, account, headers, body, now())
    except (KeeperAway, KeeperRefused, ProviderFault) as fault:
        log.warning("notice.waits", fault=type(fault).__name__, code=provider)
        return _answer(provider, 503)
    if heard is Heard.REFUSED:
        log.warning("notice.refused", code=provider)
    return _answer(provider, 400 if heard is Heard.REFUSED else 200)


def _answer(provider: str, status: int) -> HttpResponse:
    """In the words that the provider listens for; anything else makes it tell us again later."""
    good = status == 200
    if provider == "wechat":
        if good:
            return HttpResponse(status=204)
        return JsonResponse({"code": "FAIL", "message": "not taken"}, status=status)
    if provider == "alipay":
        return HttpResponse("success" if good else "failure", status=status, content_type="text/plain")
    return HttpResponse("", status=status, content_type="text/plain")
