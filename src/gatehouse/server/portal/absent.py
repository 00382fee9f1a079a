"""A guardian's answer to "not at school when the bell rang", by the link in the mail. No name stands here: whoever
holds the link learns that a child of a class was missed on a date, which the mail said, and no more."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from gatehouse.domain.registers import MOST_TEXT
from gatehouse.server.attendance import register_queries
from gatehouse.server.console import words_pickup, words_registers
from gatehouse.server.moment import now
from gatehouse.server.pickup import notices
from gatehouse.server.pickup.cells import Notice
from gatehouse.server.pickup.models import AbsenceNotice, NoticeState
from gatehouse.server.pickup.notices import NotAnswered


def absent(request: HttpRequest, code: str) -> HttpResponse:
    """GET asks; POST writes the answer into the register."""
    row = notices.notice_of(code, now())
    facts = notices.facts_of(row) if row is not None else None
    if row is None or facts is None:
        return render(request, "portal/absent.html", {"gone": True}, status=404)
    timezone.activate(ZoneInfo(row.site.zone))
    if request.method != "POST":
        return _page(request, row, facts, {})
    reason, text = request.POST.get("reason", ""), " ".join(request.POST.get("text", "").split())[:MOST_TEXT]
    if reason not in notices.ANSWERS:
        return _page(request, row, facts, {"unchosen": True, "text": text}, status=422)
    try:
        notices.answer(row, reason, text, at=now())
    except NotAnswered as fault:
        return _page(request, row, facts, {"fault": words_pickup.ANSWER_FAULTS[fault.code]}, status=409)
    return _page(request, row, facts, {"thanks": True})


def _page(
    request: HttpRequest, row: AbsenceNotice, facts: Notice, more: dict[str, object], status: int = 200
) -> HttpResponse:
    of = register_queries.classes([row.site]).filter(pk=facts.school_class).first()
    context: dict[str, object] = {
        "site": row.site,
        "class": of.group.name if of else "",
        "day": row.on,
        "answered": row.state == NoticeState.ANSWERED,
        "reasons": [(code, words_registers.REASON_WORDS[code]) for code in notices.ANSWERS],
        "most": MOST_TEXT,
    }
    return render(request, "portal/absent.html", context | more, status=status)
