"""The pages of imports, exports and webhooks, as HR and owners use them."""

import io
import re
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.pages.test_other_sites import browser, limited
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.table_columns import Kind
from gatehouse.domain.workbook import workbook
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance.actions import add_pattern, plan
from gatehouse.server.attendance.models import Punch
from gatehouse.server.hooks.models import Hook
from gatehouse.server.interchange import reading, running, workbooks
from gatehouse.server.interchange.models import Import
from gatehouse.server.people.models import Person

SHIFT = {"start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360}
PEOPLE = [["number", "name"], ["E-1", "=HYPERLINK(1)"], ["E-2", "Ada Byron"], ["", "Nobody"]]


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class Clerk:
    def __init__(self, house):
        self.house, self.site = house, house.world.site
        self.hr, self.owner = house.browser(Role.HR), house.browser(Role.OWNER)
        self.day = local_date(house.world.now(), ZoneInfo(ZONE)) - DAY

    def bring(self, data: bytes, kind="people", **form):
        file = SimpleUploadedFile("t.xlsx", data)
        page = reverse("imports-bring")
        return self.hr.post(page, {"kind": kind, "site": str(self.site.pk), "file": file} | form, follow=True)

    def step(self, name: str):
        task = Import.objects.latest("number")
        return self.hr.post(reverse(f"imports-{name}", args=[task.pk]), follow=True)


@pytest.fixture
def clerk(house):
    return Clerk(house)


def test_a_workbook_goes_from_upload_to_people_and_back(clerk):
    page = text(clerk.bring(workbook(PEOPLE)))
    assert "2 rows are ready, 1 is left out" in page
    assert "Row 4: Staff number is empty" in page
    assert "Ada Byron" not in page
    assert "Ada Byron" in text(clerk.step("rows"))
    assert "Under way" in text(clerk.step("start"))
    running.run_due()
    task = Import.objects.get()
    done = text(clerk.hr.get(reverse("imports-one", args=[task.pk])))
    assert "Taken in" in done
    assert Person.objects.count() == 3
    assert "handed over before, as import 1" in text(clerk.bring(workbook(PEOPLE)))
    assert "being taken out" in text(clerk.step("undo"))
    assert "Undone" in text(clerk.step("step"))
    assert Person.objects.count() == 1


def test_columns_without_a_name_are_asked_for(clerk):
    page = text(clerk.bring(b"a,b\nE-1,Ada Byron\n"))
    assert "Say which column holds: Staff number, Name" in page
    task = Import.objects.get()
    here = reverse("imports-columns", args=[task.pk])
    assert "Say which column holds: Name" in text(clerk.hr.post(here, {"column-number": "0"}, follow=True))
    for junk in ("-1", "9" * 50, "x", "²"):
        assert "Say which" in text(clerk.hr.post(here, {"column-number": "0", "column-name": junk}, follow=True))
    assert "1 row is ready" in text(clerk.hr.post(here, {"column-number": "0", "column-name": "1"}, follow=True))
    assert "1 is left out" in text(clerk.hr.post(here, {"column-number": "0", "column-name": "99"}, follow=True))


def test_punches_are_carried_on_by_whoever_imports(clerk):
    pattern = add_pattern(clerk.site, "day", "Day", SHIFT, by=SETUP, at=clerk.house.world.now())
    plan(clerk.house.person, pattern, [clerk.day], by=SETUP, at=clerk.house.world.now())
    data = f"工号,打卡时间,方向\nS-104,{clerk.day} 08:50,上班\nS-104,{clerk.day} 18:10,下班\n".encode("gbk")
    clerk.bring(data, "punches")
    assert "goes on while you look" in text(clerk.step("start"))
    clerk.step("step")
    assert Punch.objects.count() == 2
    assert "Taken in" in text(clerk.hr.get(reverse("imports-one", args=[Import.objects.get().pk])))
    answer = clerk.hr.post(
        reverse("exports-take"),
        {"site": str(clerk.site.pk), "month": f"{clerk.day:%Y-%m}", "table": "workdays", "as": "xlsx"},
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][:3] == ["number", "date", "shift"]
    worked = [row for row in rows[1:] if row[1] == clerk.day.isoformat()]
    assert [(row[0], row[5]) for row in worked] == [("S-104", 480)]
    frappe = clerk.hr.post(
        reverse("exports-take"),
        {"site": str(clerk.site.pk), "month": f"{clerk.day:%Y-%m}", "table": "checkins", "as": "csv"},
    )
    assert frappe.content.decode("utf-8-sig").splitlines()[:2] == [
        "Employee,Time,Log Type,Location / Device ID,Skip Auto Attendance",
        f"S-104,{clerk.day} 08:50:00,IN,import,0",
    ]
    # What was written is what is read: it comes in once
    again = text(clerk.bring(frappe.content, "punches"))
    assert "2 rows are ready" in again


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04junk", b"a,b\n", bytes(range(256))])
def test_garbage_is_refused_in_plain_words(clerk, data):
    answer = clerk.bring(data)
    assert answer.status_code in (200, 422)
    assert 'role="alert"' in answer.content.decode()
    assert Import.objects.count() == 0


@pytest.mark.parametrize("form", [{"kind": "horses"}, {"site": "x"}, {"file": "no file"}])
def test_a_form_without_sense_is_refused(clerk, form):
    assert clerk.bring(b"number,name\n1,Ada\n", **form).status_code == 422


def test_exports_of_nothing_sensible_are_refused(clerk):
    for form in ({"month": "2026-13"}, {"month": ""}, {"table": "all"}, {"site": "0"}):
        sent = {"site": str(clerk.site.pk), "month": "2026-03", "table": "workdays"} | form
        assert clerk.hr.post(reverse("exports-take"), sent).status_code == 422


def test_nothing_of_another_site_is_seen_or_changed(house):
    other = elsewhere(house.world)
    site = next(row for row in other.rows.values() if row._meta.label_lower == "people.site")
    hr = house.world.operator(Role.HR)
    table = workbooks.read(b"number,name\n1,Ada\n")
    task = reading.bring(site, Kind.PEOPLE, table, by=hr, at=house.world.now())
    mine = browser(limited(house, Role.HR, "row"))
    assert str(task.pk) not in mine.get(reverse("imports")).content.decode()
    assert mine.get(reverse("imports-one", args=[task.pk])).status_code == 404
    for name in ("columns", "rows", "start", "step", "undo", "drop"):
        assert mine.post(reverse(f"imports-{name}", args=[task.pk])).status_code == 404
    assert (
        mine.post(reverse("exports-take"), {"site": str(site.pk), "month": "2026-03", "table": "workdays"}).status_code
        == 422
    )
    assert Import.objects.get().state == "read"


def test_an_owner_adds_an_address_and_shows_its_secret(clerk, settings):
    settings.HOOK_HOSTS = frozenset({"127.0.0.1"})
    form = {"site": str(clerk.site.pk), "url": "http://127.0.0.1:9/", "kind": ["alarm.raised", "nonsense"]}
    page = clerk.owner.post(reverse("hooks-add"), form, follow=True)
    assert "told from now on" in text(page)
    assert "whsec_" not in page.content.decode()
    hook = Hook.objects.get()
    assert hook.kinds == ["alarm.raised"]
    assert "whsec_" in clerk.owner.post(reverse("hooks-secret", args=[hook.pk])).content.decode()
    assert clerk.hr.get(reverse("hooks")).status_code == 403
    for url in ("http://10.0.0.1/", "https://localhost/", "x", ""):
        answer = clerk.owner.post(reverse("hooks-add"), form | {"url": url})
        assert answer.status_code == 422
    clerk.owner.post(reverse("hooks-change", args=[hook.pk]), {"do": "drop"})
    assert Hook.objects.count() == 0
