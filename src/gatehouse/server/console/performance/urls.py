"""The addresses of performance; `console.urls` takes them in after its converters are known."""

from gatehouse.server.console.access import PAYROLL, page
from gatehouse.server.console.performance import contests, people, teams

urlpatterns = [
    page("performance/", people.everybody, "performance", PAYROLL),
    page("performance/<month:of>/", people.everybody, "performance-of", PAYROLL),
    page("performance/<month:of>/page/<int:number>/", people.everybody, "performance-page", PAYROLL),
    page("performance/people/<uuid:person_id>/<month:of>/", people.person_page, "performance-person", PAYROLL),
    page("performance/goals/", people.goals, "performance-goals", PAYROLL),
    page("performance/goals/<int:number>/", people.goals, "performance-goals-page", PAYROLL),
    page("performance/teams/", teams.first_site, "performance-teams", PAYROLL),
    page("performance/teams/<uuid:site_id>/<month:of>/", teams.teams, "performance-teams-of", PAYROLL),
    page("performance/teams/<uuid:site_id>/<month:of>/days", teams.set_days, "performance-days", PAYROLL),
    page("performance/teams/<uuid:site_id>/<month:of>/<int:number>/", teams.team, "performance-team", PAYROLL),
    page("performance/contests/", contests.contests, "performance-contests", PAYROLL),
    page("performance/contests/<int:number>/", contests.contests, "performance-contests-page", PAYROLL),
    page("performance/contests/<uuid:contest_id>/", contests.contest, "performance-contest", PAYROLL),
]
