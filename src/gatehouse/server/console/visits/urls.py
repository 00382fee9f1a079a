"""The addresses of visits, each with the roles that may open it."""

from gatehouse.server.console.access import KNOWERS, OWNERS, page
from gatehouse.server.console.visits import desk, setup

urlpatterns = [
    page("visitors/", desk.visitors, "visitors", KNOWERS),
    page("visitors/setup/", setup.setup, "visitors-setup", OWNERS),
    page("visitors/at/<uuid:site_id>/invite/", desk.invite, "visitors-invite", KNOWERS),
    page("visitors/at/<uuid:site_id>/walk-in/", desk.walk_in, "visitors-walk-in", KNOWERS),
    page("visitors/<uuid:visit_id>/", desk.one, "visitors-one", KNOWERS),
    page("visitors/<uuid:visit_id>/do", desk.change, "visitors-do", KNOWERS),
    page("visitors/<uuid:visit_id>/badge.pdf", desk.badge, "visitors-badge", KNOWERS),
]
