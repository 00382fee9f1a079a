"""Every address of the server that is a page. Edges' routes are answered before these, see asgi.py."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.console.access import public

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("gatehouse.server.console.urls")),
    path("", include("gatehouse.server.portal.urls")),
    public("language/", set_language, "set_language"),
    path("api/", include("gatehouse.server.api.app")),
    path("backoffice/", backoffice.urls),
]

handler400 = "gatehouse.server.console.problems.bad_request"
handler403 = "gatehouse.server.console.problems.forbidden"
handler404 = "gatehouse.server.console.problems.not_found"
handler500 = "gatehouse.server.console.problems.broken"
