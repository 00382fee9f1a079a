"""The addresses of the muster list."""

from gatehouse.server.console.access import KNOWERS, page
from gatehouse.server.console.muster.page import choose, site_page

urlpatterns = [
    page("muster/", choose, "muster", KNOWERS),
    page("muster/<uuid:site_id>/", site_page, "muster-site", KNOWERS),
]
