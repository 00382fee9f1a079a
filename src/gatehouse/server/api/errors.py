"""Every error of the API as problem+json. What somebody sent is never quoted back: it may be personal."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from gatehouse.keeper.protocol import Refused
from gatehouse.server.keeping import KeeperAway, KeeperRefused
from gatehouse.server.problems import problem
from gatehouse.vision.errors import VisionError

log = structlog.get_logger()

Fault = dict[str, str]


class Problem(Exception):
    """An answer that is an error: `code` is stable, `title` for people, `facts` are never personal."""

    def __init__(self, status: int, code: str, title: str, **facts: str | int) -> None:
        super().__init__(code)
        self.status, self.code, self.title, self.facts = status, code, title, facts


class Invalid(Exception):
    """A field that cannot be used, found while acting: `field` is its path in the body."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field, self.code = field, code


def not_found(what: str) -> Problem:
    """Also for what exists at a site that the caller does not see."""
    return Problem(404, "not_found", f"There is no such {what}.")


_STATUS = {"over_budget": 429, "capped": 429, "locked": 429, "no_ticket": 401, "bad_code": 401, "log_full": 503}
_TITLES = {
    "over_budget": "The budget for looking at people is used up for now.",
    "capped": "Asked too often for now.",
    "locked": "Too many wrong codes from here; wait a while.",
    "no_ticket": "Sign in first.",
    "locked_out": "This account is locked: it opened a record that nobody may look at. An owner lets it in anew.",
    "bad_code": "The code is wrong, used or too old.",
    "not_allowed": "The keeper does not allow that with this ticket.",
    "log_full": "The keeper cannot write its log, so nothing leaves it.",
}


_NO_DRAFT = {
    "no_contract": "There is no contract.",
    "not_employed": "No term of the contract holds in this month.",
    "mixed_terms": "The way of paying changes within the month; reckon the parts apart.",
    "mixed_currencies": "The currency changes within the month; reckon the parts apart.",
    "currency_changed": "The year so far was paid in another currency, so the year's tax cannot be reckoned on.",
    "no_workdays": "The month has no workdays to share a salary by.",
    "net_below_zero": "Deductions are more than the pay.",
    "unreadable": "The sealed contract, workdays or payslip of this person do not open as they should.",
}


def no_draft(code: str) -> str:
    """Why somebody has no draft payslip, as a sentence."""
    return _NO_DRAFT.get(code, "The facts of this month do not make a payslip.")


def refused(code: str, facts: dict[str, str | int] | None = None) -> Problem:
    """What the keeper refused."""
    return Problem(_STATUS.get(code, 403), code, _TITLES.get(code, "The keeper refused."), **(facts or {}))


def must(reply: Any) -> Any:
    """The reply of a look; raises Problem for the keeper's refusal."""
    if isinstance(reply, Refused):
        raise refused(reply.code, reply.facts)
    return reply


def invalid(faults: Sequence[Fault]) -> HttpResponse:
    body = {
        "type": "urn:gatehouse:invalid",
        "title": "The request does not have the form that is asked for.",
        "status": 422,
        "errors": list(faults),
    }
    return JsonResponse(body, status=422, content_type="application/problem+json")


def _fault(error: dict[str, Any]) -> Fault:
    """Path and code of one validation error, without the value. An unknown field's own name is left out too: whoever
    puts a name into the wrong place would read it in a log."""
    place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "file", "form")]
    known = error["type"] != "extra_forbidden"
    fields = place[1:] if place and place[0] == "body_" else place
    return {"field": ".".join(fields if known else fields[:-1]), "code": str(error["type"])}


def install(api: NinjaAPI) -> None:
    """Let `api` answer every error with a problem."""

    def on(kind: type[Exception], answer: Any) -> None:
        api.add_exception_handler(kind, answer)

    on(Problem, lambda _, fault: problem(fault.status, fault.code, fault.title, **fault.facts))
    on(Invalid, lambda _, fault: invalid([{"field": fault.field, "code": fault.code}]))
    on(ValidationError, lambda _, fault: invalid([_fault(error) for error in fault.errors]))
    on(KeeperAway, lambda *_: problem(503, "keeper_away", "The keeper does not answer; try again in a moment."))
    on(KeeperRefused, lambda request, fault: api.on_exception(request, refused(fault.code, fault.facts)))
    on(IntegrityError, lambda *_: problem(409, "exists", "Something with this code exists, or is still in use."))
    on(DataError, lambda *_: invalid([{"field": "", "code": "unstorable"}]))
    on(VisionError, _cannot_see)
    on(RequestDataTooBig, lambda *_: problem(413, "too_large", "The request is too large."))
    on(SuspiciousOperation, lambda *_: problem(400, "bad_request", "The request cannot be read."))
    on(MultiPartParserError, lambda *_: problem(400, "bad_request", "The form cannot be read."))
    on(BadRequest, lambda *_: problem(400, "bad_request", "The request cannot be read."))
    on(Http404, lambda *_: problem(404, "not_found", "There is nothing here."))
    on(HttpError, _http_error)
    on(DatabaseError, _database_error)
    on(Exception, _broken)


def _cannot_see(_: HttpRequest, fault: VisionError) -> HttpResponse:
    log.warning("api.cannot_see", fault=type(fault).__name__)
    return problem(503, "model_missing", "Recognition is not installed here; `gatehouse doctor` says what to do.")


def _http_error(_: HttpRequest, fault: HttpError) -> HttpResponse:
    """What django-ninja raises itself: a body that is no JSON, or nobody signed in."""
    cause = fault.__cause__
    if isinstance(cause, Problem):
        return problem(cause.status, cause.code, cause.title, **cause.facts)
    if fault.status_code == 401:
        return problem(401, "no_ticket", _TITLES["no_ticket"])
    return problem(fault.status_code, "bad_request", "The body is no JSON that can be read.")


def _database_error(_: HttpRequest, fault: DatabaseError) -> HttpResponse:
    log.error("api.database", fault=type(fault).__name__)
    return problem(503, "database", "The database did not take it; try again in a moment.")


def _broken(_: HttpRequest, fault: Exception) -> HttpResponse:
    """The outermost place of a request: what nobody foresaw is logged without its words."""
    place = fault.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}" if place else ""
    log.error("api.broken", fault=type(fault).__name__, where=where)
    return problem(500, "broken", "Something broke on our side. It was written down without any personal data.")
