"""Pages for when something is not as hoped. They hold no data of anybody and ask the database nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.words import Wording, refused

PROBLEMS: dict[int, Wording] = {
    400: Wording(_("That did not work"), _("The page sent something that we could not read. Go back and try again.")),
    403: Wording(_("This page is not for your role"), _("If you need it for your work, ask an owner.")),
    404: Wording(_("There is nothing here"), _("The address may be old, or mistyped.")),
    429: Wording(_("Too many tries for now"), _("Wait a few minutes, then try again.")),
    500: Wording(_("Something broke on our side"), _("It was written down without any personal data. Try again.")),
    503: Wording(
        _("Names cannot be shown right now"),
        _("The keeper, which holds the keys, does not answer. This page works again as soon as it does."),
    ),
}

NO_PAYING = Wording(
    _("Paying does not work right now"),
    _("Try again in a minute. If you stand at the exit, press the help button: somebody lets you out."),
)


def problem(request: HttpRequest, status: int, said: Wording | None = None) -> HttpResponse:
    """The page for `status`; a fragment where htmx asked."""
    htmx = request.headers.get("HX-Request") == "true"
    context = {
        "problem": said or PROBLEMS[status],
        "status": status,
        "doors_work": _("Doors and barriers keep working"),
    }
    return render(request, "pages/problem_part.html" if htmx else "pages/problem.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return problem(request, 500)


def keeper_away(request: HttpRequest) -> HttpResponse:
    """The keeper does not answer: no names for operators, no amount for a driver."""
    paying = request.resolver_match is not None and (request.resolver_match.url_name or "").startswith("pay")
    return problem(request, 503, NO_PAYING if paying else None)


def keeper_refused(request: HttpRequest, code: str) -> HttpResponse:
    return problem(request, 403, refused(code))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem(request, 400)
