"""The addresses of Access, each with the roles that may open it."""

from gatehouse.server.console.access import page
from gatehouse.server.console.rules import doors, expectations, hours, rules, versions, what_if, why
from gatehouse.server.console.rules.tabs import KEEPERS

urlpatterns = [
    page("access/", rules.home, "access", KEEPERS),
    page("access/<uuid:site_id>/", rules.rules, "access-rules", KEEPERS),
    page("access/<uuid:site_id>/rules/new", rules.edit, "access-rule-new", KEEPERS),
    page("access/<uuid:site_id>/rules/<uuid:rule_id>/", rules.edit, "access-rule", KEEPERS),
    page("access/<uuid:site_id>/rules/<uuid:rule_id>/remove", rules.remove, "access-rule-remove", KEEPERS),
    page("access/<uuid:site_id>/hours/", hours.hours, "access-hours", KEEPERS),
    page("access/<uuid:site_id>/hours/new", hours.edit, "access-hours-new", KEEPERS),
    page("access/<uuid:site_id>/hours/<uuid:schedule_id>/", hours.edit, "access-hours-edit", KEEPERS),
    page("access/<uuid:site_id>/hours/<uuid:schedule_id>/remove", hours.remove, "access-hours-remove", KEEPERS),
    page("access/<uuid:site_id>/zones/", doors.zones, "access-zones", KEEPERS),
    page("access/<uuid:site_id>/zones/site", doors.zone, "access-zone-site", KEEPERS),
    page("access/<uuid:site_id>/zones/<uuid:zone_id>", doors.zone, "access-zone", KEEPERS),
    page("access/<uuid:site_id>/doors/<uuid:gate_id>", doors.door, "access-door", KEEPERS),
    page("access/<uuid:site_id>/forget", doors.forget, "access-forget", KEEPERS),
    page("access/<uuid:site_id>/duress", doors.duress, "access-duress", KEEPERS),
    page("access/<uuid:site_id>/expected/", expectations.expected, "access-expected", KEEPERS),
    page("access/<uuid:site_id>/expected/<uuid:row_id>/remove", expectations.remove, "access-unexpect", KEEPERS),
    page("access/<uuid:site_id>/versions/", versions.versions, "access-versions", KEEPERS),
    page("access/<uuid:site_id>/publish", versions.publish, "access-publish", KEEPERS),
    page("access/<uuid:site_id>/versions/<int:number>/put-back", versions.put_back, "access-put-back", KEEPERS),
    page("access/<uuid:site_id>/what-if/", what_if.what_if, "access-what-if", KEEPERS),
    page("access/why/<uuid:attempt_id>/", why.why, "access-why", KEEPERS),
]
