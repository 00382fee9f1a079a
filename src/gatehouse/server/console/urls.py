"""The console's addresses, each with the roles that may open it."""

from datetime import date

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from gatehouse.server.console import (
    account,
    certificate,
    drilling,
    enrolment,
    entrance,
    faces,
    invitations,
    passages,
    people,
    terminals,
    trust,
    watch,
    watch_alert,
    watch_events,
    watch_log,
)
from gatehouse.server.console.access import EVERYBODY, GUARDS, KNOWERS, OWNERS, PAYROLL, TRUSTED, WATCHERS, page, public
from gatehouse.server.console.months import MonthConverter, meant
from gatehouse.server.console.payruns import files, person, review, setup
from gatehouse.server.console.payruns import runs as payruns
from gatehouse.server.console.staff import answers, change, departments, join
from gatehouse.server.console.work import (
    calendar,
    leave,
    leave_types,
    month,
    patterns,
    roster_strokes,
    rosters,
    worklist,
    worklist_answers,
    worklist_person,
)
from gatehouse.server.console.work import limits as work_limits


class DateConverter(StringConverter):
    """An ISO date that can be meant; a ValueError is a 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:  # type: ignore[override]
        return meant(date.fromisoformat(value))


class CodeConverter(StringConverter):
    """A one-time code or a code in an address: letters, digits, dash and underscore."""

    regex = r"[A-Za-z0-9_-]{1,200}"


register_converter(DateConverter, "date")
register_converter(CodeConverter, "code")
register_converter(MonthConverter, "month")

urlpatterns = [
    public("", entrance.home, "home"),
    public("enter/", entrance.enter, "enter"),
    public("enter/passkey/begin", account.begin_sign_in, "passkey-begin"),
    public("enter/passkey/", account.sign_in_by_passkey, "passkey-enter"),
    public("enter/password/", entrance.enter_by_password, "password-enter"),
    public("enter/<code:code>/", entrance.enter, "enter-code"),
    public("enter/<code:code>", entrance.enter, "enter-code-bare"),
    page("account/", account.account, "account", EVERYBODY),
    page("account/first/", account.first, "account-first", EVERYBODY),
    page("account/passkey/begin", account.begin_passkey, "account-passkey-begin", EVERYBODY),
    page("account/passkey/", account.add_passkey, "account-passkey", EVERYBODY),
    page("account/password/", account.password, "account-password", EVERYBODY),
    page("account/remove", account.remove_way, "account-remove", EVERYBODY),
    page("account/everywhere", account.sign_out_everywhere, "account-everywhere", EVERYBODY),
    public("leave/", entrance.sign_out, "sign-out"),
    public("certificate/", certificate.how_to_trust, "certificate"),
    public("certificate/gatehouse.crt", certificate.download, "certificate-file"),
    page("watch/", watch.watch, "watch", WATCHERS),
    page("watch/events", watch_events.events, "watch-events", WATCHERS),
    page("watch/alarms/", watch.alarms, "watch-alarms", WATCHERS),
    page("watch/alarms/<uuid:alarm_id>/seen", watch.see_alarm, "watch-seen", GUARDS),
    page("watch/gates/<uuid:gate_id>/", watch.gate_tile, "watch-gate", WATCHERS),
    page("watch/gates/<uuid:gate_id>/open", watch.open_by_hand, "watch-open", GUARDS),
    page("watch/gates/<uuid:gate_id>/mode", watch.set_mode, "watch-mode", watch.LOCKERS),
    page("watch/sites/<uuid:site_id>/alert", watch_alert.alert, "watch-alert", watch.LOCKERS),
    page("watch/log/", watch_log.log, "watch-log", WATCHERS),
    page("watch/terminals/", terminals.terminals_page, "watch-terminals", watch.LOCKERS),
    page("watch/terminals/at/<uuid:gate_id>/add", terminals.add, "watch-terminal-add", watch.LOCKERS),
    page("watch/terminals/<uuid:terminal_id>/code", terminals.new_code, "watch-terminal-code", watch.LOCKERS),
    page("watch/terminals/<uuid:terminal_id>/away", terminals.take_away, "watch-terminal-away", watch.LOCKERS),
    page("watch/log/<date:on>/", watch_log.log, "watch-log-day", WATCHERS),
    page("watch/log/<date:on>/page/<int:number>/", watch_log.log, "watch-log-page", WATCHERS),
    page("watch/log/<uuid:attempt_id>/who", watch_log.who, "watch-who", watch_log.ASKERS),
    path("", include("gatehouse.server.console.garages.urls")),
    path("", include("gatehouse.server.console.interchange.urls")),
    path("", include("gatehouse.server.console.registers.urls")),
    path("", include("gatehouse.server.console.pickup.urls")),
    path("", include("gatehouse.server.console.visits.urls")),
    path("", include("gatehouse.server.console.muster.urls")),
    path("", include("gatehouse.server.console.rules.urls")),
    path("", include("gatehouse.server.console.rights.urls")),
    path("", include("gatehouse.server.console.setup.urls")),
    page("people/", people.people, "people", KNOWERS),
    page("people/page/<int:number>/", people.people, "people-page", KNOWERS),
    page("people/join/", join.choose, "staff-join", PAYROLL),
    page("people/join/<uuid:site_id>/", join.join, "staff-join-at", PAYROLL),
    page("people/departments/", departments.departments, "departments", PAYROLL),
    page("people/departments/<uuid:department_id>/", departments.department, "department", PAYROLL),
    page("people/answers/", answers.answers, "answers", PAYROLL),
    page("people/answers/page/<int:number>/", answers.answers, "answers-page", PAYROLL),
    page("people/answers/<uuid:answer_id>/reckon", answers.reckon, "answers-reckon", PAYROLL),
    page("people/<uuid:person_id>/change/", change.change, "person-change", PAYROLL),
    page("people/<uuid:person_id>/change/move", change.move, "person-move", PAYROLL),
    page("people/<uuid:person_id>/change/leave", change.leave, "person-leave", PAYROLL),
    page("people/<uuid:person_id>/change/undo", change.undo, "person-undo", PAYROLL),
    page("people/<uuid:person_id>/", people.person, "person", KNOWERS),
    page("people/<uuid:person_id>/name", people.name, "person-name", KNOWERS),
    page("faces/", faces.faces, "faces", PAYROLL),
    page("faces/worst", faces.worst, "faces-worst", PAYROLL),
    page("faces/pairs", faces.pairs_shown, "faces-pairs", PAYROLL),
    page("faces/pairs/<uuid:pair_id>", faces.answer, "faces-answer", PAYROLL),
    page("people/<uuid:person_id>/enrol", enrolment.enrol, "person-enrol", people.ENROLLERS),
    page("people/<uuid:person_id>/camera/", enrolment.camera, "person-camera", people.ENROLLERS),
    page("people/<uuid:person_id>/camera/look", enrolment.look, "person-look", people.ENROLLERS),
    page("people/<uuid:person_id>/withdraw", enrolment.withdraw, "person-withdraw", people.WITHDRAWERS),
    page("people/<uuid:person_id>/pass", enrolment.issue_pass, "person-pass", people.ENROLLERS),
    page("people/<uuid:person_id>/card", enrolment.add_card, "person-card", people.ENROLLERS),
    page("people/<uuid:person_id>/lend", enrolment.lend_card, "person-lend", people.ENROLLERS),
    page("people/<uuid:person_id>/pin", enrolment.set_pin, "person-pin", people.ENROLLERS),
    page("people/<uuid:person_id>/take-back", enrolment.take_back, "person-take-back", people.ENROLLERS),
    page("people/<uuid:person_id>/passages", passages.passages, "person-passages", KNOWERS),
    page("people/<uuid:person_id>/invite", invitations.invite_worker, "person-invite", PAYROLL),
    page("operators/<uuid:operator_id>/invite", invitations.invite_operator, "invite-operator", OWNERS),
    page("month/", month.month, "month", PAYROLL),
    page("month/<month:of>/", month.month, "month-of", PAYROLL),
    page("month/<month:of>/page/<int:number>/", month.month, "month-page", PAYROLL),
    page("month/<month:of>/<uuid:person_id>", month.person_month, "month-person", PAYROLL),
    page("patterns/", patterns.patterns, "patterns", PAYROLL),
    page("patterns/at/<uuid:site_id>/new/", patterns.new_pattern, "patterns-new", PAYROLL),
    page("patterns/at/<uuid:site_id>/open/", patterns.open_days, "patterns-open", PAYROLL),
    page("patterns/<uuid:pattern_id>/", patterns.pattern, "patterns-change", PAYROLL),
    page("patterns/<uuid:pattern_id>/do", patterns.put_away, "patterns-do", PAYROLL),
    page("calendar/", calendar.calendar, "calendar", PAYROLL),
    page("calendar/<uuid:site_id>/<int:year>/", calendar.calendar, "calendar-year", PAYROLL),
    page("calendar/<uuid:site_id>/<int:year>/import", calendar.import_list, "calendar-import", PAYROLL),
    page("calendar/<uuid:site_id>/<int:year>/day", calendar.set_day, "calendar-day", PAYROLL),
    page("calendar/<uuid:site_id>/<int:year>/do", calendar.change_days, "calendar-do", PAYROLL),
    page("leaves/", leave_types.types, "leave-types", PAYROLL),
    page("leaves/at/<uuid:site_id>/begin", leave_types.begin, "leave-begin", PAYROLL),
    page("leaves/at/<uuid:site_id>/new/", leave_types.new, "leave-new", PAYROLL),
    page("leaves/types/<uuid:kind_id>/", leave_types.change, "leave-type", PAYROLL),
    page("leaves/types/<uuid:kind_id>/do", leave_types.put_away, "leave-put-away", PAYROLL),
    page("leaves/balances/", leave.first_balances, "leave-balances", PAYROLL),
    page("leaves/balances/<uuid:site_id>/", leave.balances, "leave-balances-at", PAYROLL),
    page("leaves/people/<uuid:person_id>/", leave.person, "leave-person", PAYROLL),
    page("leaves/people/<uuid:person_id>/say", leave.say, "leave-say", PAYROLL),
    page("leaves/people/<uuid:person_id>/cancel/<uuid:note_id>", leave.cancel, "leave-cancel", PAYROLL),
    page("leaves/away/", leave.first_away, "leave-away", PAYROLL),
    page("leaves/away/<uuid:site_id>/<month:of>/", leave.away, "leave-away-at", PAYROLL),
    page("rosters/", rosters.rosters, "rosters", PAYROLL),
    page("rosters/rotations/", roster_strokes.rotations, "rosters-rotations", PAYROLL),
    page("rosters/<uuid:site_id>/", rosters.rosters, "rosters-site", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/", rosters.week, "rosters-week", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/page/<int:number>/", rosters.week, "rosters-page", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/put", roster_strokes.put_shift, "rosters-put", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/fill", roster_strokes.fill, "rosters-fill", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/copy", roster_strokes.copy, "rosters-copy", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/publish", roster_strokes.publish, "rosters-publish", PAYROLL),
    page("rosters/<uuid:site_id>/<date:on>/leave", rosters.leave, "rosters-leave", PAYROLL),
    page("worklist/", worklist.worklist, "worklist", PAYROLL),
    page("worklist/preview", worklist_answers.preview, "worklist-preview", PAYROLL),
    page("worklist/answer", worklist_answers.give_answers, "worklist-answer", PAYROLL),
    page("worklist/anew", worklist_answers.list_anew, "worklist-anew", PAYROLL),
    page("worklist/limits/", work_limits.limits, "worklist-limits", PAYROLL),
    path("", include("gatehouse.server.console.performance.urls")),
    page("worklist/<uuid:person_id>/<month:of>/", worklist_person.person, "worklist-person", PAYROLL),
    page("worklist/<uuid:person_id>/<month:of>/open", worklist_person.person_open, "worklist-person-open", PAYROLL),
    page("worklist/<uuid:person_id>/<month:of>/undo", worklist_person.take_back, "worklist-undo", PAYROLL),
    page("payruns/", payruns.payruns, "payruns", PAYROLL),
    page("payruns/open", payruns.open_run, "payruns-open", PAYROLL),
    page("payruns/setup/", setup.setup, "payruns-setup", PAYROLL),
    page("payruns/person/<uuid:person_id>/<month:of>/", person.person_pay, "payruns-person", PAYROLL),
    page("payruns/person/<uuid:person_id>/year/<int:year>", person.year_file, "payruns-year", PAYROLL),
    page("payruns/<uuid:run_id>/", payruns.run, "payruns-run", PAYROLL),
    page("payruns/<uuid:run_id>/progress", payruns.progress, "payruns-progress", PAYROLL),
    page("payruns/<uuid:run_id>/step", payruns.step, "payruns-step", PAYROLL),
    page("payruns/<uuid:run_id>/people/", review.people, "payruns-people", PAYROLL),
    page("payruns/<uuid:run_id>/people/<int:number>/", review.people, "payruns-people-page", PAYROLL),
    page("payruns/<uuid:run_id>/slips/<uuid:slip_id>/", review.slip, "payruns-slip", PAYROLL),
    page("payruns/<uuid:run_id>/files/", files.files, "payruns-files", PAYROLL),
    page("payruns/<uuid:run_id>/files/ask", files.ask, "payruns-file-ask", PAYROLL),
    page("payruns/<uuid:run_id>/recipient", files.recipient, "payruns-recipient", OWNERS),
    page("payruns/files/<uuid:export_id>/grant", files.grant, "payruns-file-grant", PAYROLL),
    page("payruns/files/<uuid:export_id>/take", files.take, "payruns-file-take", PAYROLL),
    page("payruns/files/<uuid:export_id>/drop", files.drop, "payruns-file-drop", PAYROLL),
    page("trust/", trust.trust, "trust", TRUSTED),
    page("trust/drill", drilling.start, "trust-drill", OWNERS),
    page("trust/drill/progress", drilling.progress, "trust-drill-progress", TRUSTED),
    page("trust/drill/sheet/", trust.sheet, "trust-drill-sheet", TRUSTED),
]
