"""The admin site: entered with the ticket that the keeper gave, never with a password."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from gatehouse.keeper.protocol import Role
from gatehouse.server.console.access import signed_in
from gatehouse.server.console.entrance import sign_out

MAY_ENTER = frozenset({Role.OWNER, Role.SECURITY, Role.HR, Role.PARKING})


class Backoffice(UnfoldAdminSite):  # type: ignore[misc]  # Unfold has no types
    site_title = site_header = "Gatehouse"
    index_title = _("Back office")

    def has_permission(self, request: HttpRequest) -> bool:
        found = signed_in(request)
        return found is not None and found.operator is not None and found.role in MAY_ENTER

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("home" if signed_in(request) else "enter"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Nobody has a password."""
        raise Http404

    password_change_done = password_change

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return sign_out(request)


backoffice = Backoffice(name="admin")
