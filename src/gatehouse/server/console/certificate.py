"""How a tablet, phone or PC comes to trust this installation's own authority: to be read before anybody can sign in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gatehouse.crypto.certificates import as_der, fingerprint
from gatehouse.server.address import here
from gatehouse.server.console.qr import qr_svg


@require_GET
def how_to_trust(request: HttpRequest) -> HttpResponse:
    """Says so where there is nothing to trust: on localhost, and with a certificate that everybody trusts."""
    if here.authority is None or here.address is None:
        return render(request, "console/certificate.html", {"origin": here.address.origin if here.address else ""})
    link = here.address.origin + reverse("certificate")
    context = {
        "origin": here.address.origin,
        "name": here.address.name,
        "fingerprint": fingerprint(here.authority),
        "link": link,
        "qr": qr_svg(link, _("QR code of this page's address")),
    }
    return render(request, "console/certificate.html", context)


@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """The authority's certificate, as every system installs it."""
    if here.authority is None:
        raise Http404
    response = HttpResponse(as_der(here.authority), content_type="application/x-x509-ca-cert")
    response["Content-Disposition"] = 'attachment; filename="gatehouse.crt"'
    return response
