"""A tariff as its JSON, for those who know it: shown, downloaded, uploaded whole."""

import json
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server.console import words_tariff
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.garages.tariffs import changed_meanwhile, wanted
from gatehouse.server.moment import now
from gatehouse.server.parking import tariffs

LARGEST = 512 * 1024  # characters; no tariff is near


@require_http_methods(["GET", "HEAD", "POST"])
def expert(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    row = wanted(request, tariff_id)
    seen = request.POST.get("seen") or tariffs.seen_mark(row)
    text, problem = json.dumps(row.versions, ensure_ascii=False, indent=2), ""
    if request.method == "POST":
        text = _sent(request)
        try:
            changed = tariff_from_dict(_read(text))
            tariffs.put_versions(row, changed, seen=seen, by=reader(request).by, at=now())
            return HttpResponseRedirect(f"{reverse('parking-tariff', args=[row.pk])}?saved=yes")
        except TariffError as fault:
            where = f"{fault.path}: " if fault.path else ""
            problem = f"{where}{words_tariff.error(fault)}"
        except tariffs.ChangedMeanwhile:
            problem = changed_meanwhile()
    context = {"row": row, "text": text[:LARGEST], "problem": problem, "seen": seen}
    status = 422 if problem else 200
    return render(request, "garages/tariff_json.html", tabs(request, "parking-tariffs") | context, status=status)


def _sent(request: HttpRequest) -> str:
    """The uploaded file, else what stands in the box."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile) and file.size:
        content: bytes = file.read(LARGEST + 1)
        return content.decode("utf-8-sig", errors="replace")
    return request.POST.get("versions", "")[: LARGEST + 1]


def _read(text: str) -> object:
    """Raises TariffError."""
    if len(text) > LARGEST:
        raise TariffError("too_large", "", _("This file is too large for a tariff."))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise TariffError("not_json", "", _("This is not JSON.")) from fault
