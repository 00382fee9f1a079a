"""Addresses of erasing, retention, requests and the register."""

from gatehouse.server.console.access import OWNERS, PAYROLL, TRUSTED, page
from gatehouse.server.console.rights import erase, register, requests, retention

urlpatterns = [
    page("people/<uuid:person_id>/erase/", erase.erase, "person-erase", PAYROLL),
    page("people/<uuid:person_id>/hold", erase.hold, "person-hold", PAYROLL),
    page("people/<uuid:person_id>/lift", erase.lift, "person-lift", PAYROLL),
    page("people/<uuid:person_id>/erased/<uuid:certificate_id>/", erase.certificate, "person-certificate", PAYROLL),
    page(
        "people/<uuid:person_id>/erased/<uuid:certificate_id>/file.<slug:kind>",
        erase.certificate_file,
        "person-certificate-file",
        PAYROLL,
    ),
    page("people/requests/", requests.requests, "requests", PAYROLL),
    page("people/requests/<uuid:request_id>/", requests.one, "request", PAYROLL),
    page("trust/retention/", retention.retention, "retention", TRUSTED),
    page("trust/retention/<uuid:site_id>", retention.change, "retention-set", OWNERS),
    page("trust/register/", register.register, "register", TRUSTED),
    page("trust/assessment/", register.assessment, "assessment", TRUSTED),
]
