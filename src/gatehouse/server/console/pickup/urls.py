"""The addresses of pick-up, each with the roles that may open it."""

from gatehouse.server.console.access import KNOWERS, PAYROLL, page
from gatehouse.server.console.pickup import desk, missed, pupil

urlpatterns = [
    page("pickup/", desk.desk, "pickup", KNOWERS),
    page("pickup/collectors/<uuid:person_id>/", desk.collector, "pickup-collector", KNOWERS),
    page("pickup/collectors/<uuid:person_id>/hand-over", desk.hand_over, "pickup-hand-over", KNOWERS),
    page("pickup/pupils/<uuid:person_id>/", pupil.pupil, "pickup-pupil", KNOWERS),
    page("pickup/pupils/<uuid:person_id>/permit", pupil.permit, "pickup-permit", PAYROLL),
    page("pickup/pupils/<uuid:person_id>/forbid/<int:place>", pupil.forbid, "pickup-forbid", PAYROLL),
    page("pickup/pupils/<uuid:person_id>/refuse", pupil.refuse, "pickup-refuse", KNOWERS),
    page("pickup/pupils/<uuid:person_id>/slip", pupil.slip, "pickup-slip", KNOWERS),
    page("pickup/missed/", missed.missed, "pickup-missed", PAYROLL),
    page("pickup/missed/<date:on>/", missed.missed, "pickup-missed-on", PAYROLL),
    page("pickup/at/<uuid:site_id>/setup", missed.set_up, "pickup-setup", PAYROLL),
]
