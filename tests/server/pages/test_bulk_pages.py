"""More people than the limits: asked for on a page, allowed by a second person, and what pages say when the keeper says
no; and the page of everybody's use, which an auditor prints."""

import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from tests.server.pages.conftest import SETUP, House

from gatehouse.keeper.protocol import Authority, Budget, Bulk, CapFile, Cell, Owner, Plain, Role, Usage, UsageList
from gatehouse.server import keeping
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.audit.models import Entry
from gatehouse.server.console import words, words_bulk

MORE, USE = "/trust/more/", "/trust/limits/"
ASKERS = [Role.OWNER, Role.HR, Role.SECURITY, Role.PARKING, Role.AUDITOR]


def tomorrow(house: House) -> str:
    local = house.world.now().astimezone(ZoneInfo(house.world.site.zone)) + timedelta(days=1)
    return local.strftime("%Y-%m-%dT%H:%M")


def typed(house: House, **facts: object) -> dict[str, object]:
    return {"kind": "names", "people": "400", "until": tomorrow(house), "reason": f"contacts {uuid4()}"} | facts


def ask(house: House, role: Role = Role.HR, **facts: object) -> Bulk:
    """A wish by the page, as the keeper holds it."""
    sent = typed(house, **facts)
    answer = house.browser(role).post(MORE, sent)
    assert answer.status_code == 302, answer.content.decode()
    return found(house, role, str(sent["reason"]))


def found(house: House, role: Role, reason: str) -> Bulk:
    return next(one for one in house.world.keeper.bulks(house.ticket(role)) if one.reason == reason)


def say(house: House, role: Role, wish: Bulk, do: str):
    return house.browser(role).post(reverse("bulk-answer", args=[wish.id]), {"do": do}, follow=True)


def page(house: House, role: Role, at: str = MORE) -> str:
    answer = house.browser(role).get(at)
    assert answer.status_code == 200
    return answer.content.decode()


def people(house: House, count: int) -> list[Cell]:
    ids = [str(uuid4()) for _ in range(count)]
    sealed = house.world.keeper.seal([Plain("person.name/1", Owner(one), one, b"Somebody") for one in ids])
    return [Cell("person.name/1", one, cell) for one, cell in zip(ids, sealed, strict=True)]


def test_somebody_asks_a_second_person_allows_and_it_counts_to_the_last_one(house) -> None:
    wish = ask(house, Role.SECURITY, people="70")
    shown = page(house, Role.OWNER)
    assert all(said in shown for said in ("Names of 70 people", wish.reason, "test-security", "Waits for an answer"))
    assert "Allowed." in say(house, Role.OWNER, wish, "allow").content.decode()
    by = Authority(ticket=house.ticket(Role.SECURITY))
    house.world.keeper.reveal(people(house, 61), by, "export")
    mine = page(house, Role.SECURITY)
    assert "61 of 70" in mine
    assert "9 people are left" in mine
    assert "answered by test-owner" in mine
    kinds = list(Entry.objects.filter(object_id=wish.id).order_by("pk").values_list("verb", flat=True))
    assert sorted(kinds) == ["bulk.allowed", "bulk.asked"]


def test_who_asked_takes_a_wish_back_or_ends_what_was_allowed(house) -> None:
    waits, holds = ask(house), ask(house)
    say(house, Role.OWNER, holds, "allow")
    assert "Taken back." in say(house, Role.HR, waits, "back").content.decode()
    assert "Ended." in say(house, Role.HR, holds, "end").content.decode()
    shown = page(house, Role.HR)
    assert "taken back" in shown
    assert "ended before its time" in shown
    assert f"/trust/more/{holds.id}" not in shown  # nothing more can be done about it


def test_a_refusal_is_seen_by_who_asked(house) -> None:
    say(house, Role.OWNER, ask(house, Role.PARKING, people="3"), "refuse")
    assert "refused" in page(house, Role.PARKING)


@pytest.mark.parametrize("role", ASKERS)
def test_every_role_that_may_ask_is_offered_what_it_sees_and_no_more(house, role) -> None:
    shown = page(house, role)
    offered = {kind for kind in Budget if f'name="kind" value="{kind.value}"' in shown}
    sees = {row.budget for row in house.world.keeper.usage(house.ticket(role)).caps if row.role == role}
    assert offered == sees
    assert ("What others asked for" in shown) == (role in (Role.OWNER, Role.HR, Role.AUDITOR))
    assert "You have asked for nothing in the last 30 days." in shown


def test_an_auditor_sees_what_others_ask_and_answers_nothing(house) -> None:
    wish = ask(house)
    assert wish.reason in page(house, Role.AUDITOR)
    assert f"/trust/more/{wish.id}" not in page(house, Role.AUDITOR)
    refused = say(house, Role.AUDITOR, wish, "allow")
    assert refused.status_code == 422
    assert str(words_bulk._REFUSED["not_allowed"].what) in refused.content.decode()


def test_nobody_allows_their_own_and_the_page_offers_no_such_button(house) -> None:
    wish = ask(house, Role.OWNER)
    shown = page(house, Role.OWNER)
    assert f'action="/trust/more/{wish.id}"' in shown
    assert f'value="allow" aria-describedby="w-{wish.id}"' not in shown
    assert "you count as the first" in say(house, Role.OWNER, wish, "allow").content.decode()


def test_somebody_whom_the_asker_let_in_lately_is_told_that_they_are_no_second_person(house) -> None:
    wish = ask(house, Role.OWNER)
    assert "during the last seven days" in say(house, Role.HR, wish, "allow").content.decode()  # the owner invited them


def test_a_wish_that_was_answered_is_answered_once(house) -> None:
    wish = ask(house, Role.SECURITY)
    say(house, Role.OWNER, wish, "refuse")
    late = say(house, Role.HR, wish, "allow")
    assert late.status_code == 422
    assert "This wish was answered already, or its time is over" in late.content.decode()
    assert str(found(house, Role.HR, wish.reason).state) == "refused"


def test_a_wish_nobody_made_or_of_no_ones_to_see_is_not_there_and_a_deed_nobody_knows_is_refused(house) -> None:
    nowhere, wish = reverse("bulk-answer", args=[uuid4()]), ask(house)
    there = reverse("bulk-answer", args=[wish.id])
    assert house.browser(Role.OWNER).post(nowhere, {"do": "allow"}).status_code == 404
    assert house.browser(Role.PARKING).post(there, {"do": "allow"}).status_code == 404
    assert house.browser(Role.OWNER).post(there, {"do": "delete"}).status_code == 400
    assert house.browser(Role.OWNER).get(there).status_code == 405
    assert str(found(house, Role.HR, wish.reason).state) == "asked"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": ""}, words_bulk.WRONG_KIND),
        ({"kind": "secrets"}, words_bulk.WRONG_KIND),
        ({"people": "0"}, "1 to 20,000 at once"),
        ({"people": "20001"}, "1 to 20,000 at once"),
        ({"people": "many"}, "1 to 20,000 at once"),
        ({"until": "soon"}, words_bulk.WRONG_UNTIL),
        ({"until": "2026-03-10T10:00+08:00"}, words_bulk.WRONG_UNTIL),
        ({"until": "9999-12-31T23:59"}, words_bulk.WRONG_UNTIL),
        ({"until": "2001-01-01T00:00"}, words_bulk.PAST),
        ({"until": "2199-01-01T00:00"}, "7 days at most"),
        ({"reason": "   "}, "in 200 characters at most"),
        ({"reason": "x" * 201}, "in 200 characters at most"),
    ],
    ids=["none", "unknown", "nobody", "too-many", "words", "no-time", "zone", "never", "past", "far", "empty", "long"],
)
def test_what_cannot_be_asked_is_said_beside_the_field_and_what_was_typed_stays(house, wrong, said) -> None:
    answer = house.browser(Role.HR).post(MORE, typed(house, **({"reason": "closing"} | wrong)))
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert str(said) in shown
    assert "reason" in wrong or "closing" in shown
    assert not any(one.reason == "closing" for one in house.world.keeper.bulks(house.ticket(Role.HR)))


def test_a_time_is_of_the_sites_clock(house) -> None:
    wish = ask(house)
    zone = ZoneInfo(house.world.site.zone)
    assert wish.until == datetime.fromisoformat(tomorrow(house)).replace(tzinfo=zone) or (
        abs(wish.until - house.world.now() - timedelta(days=1)) < timedelta(minutes=2)
    )
    assert wish.until.utcoffset() is not None
    assert house.world.site.zone in page(house, Role.HR)


def test_the_eleventh_open_wish_is_refused_in_words(house) -> None:
    for _ in range(10):
        ask(house, Role.PARKING)
    answer = house.browser(Role.PARKING).post(MORE, typed(house))
    assert answer.status_code == 422
    assert "There may be 10." in answer.content.decode()


def test_with_the_keeper_away_it_is_said_that_nobody_knows(house, monkeypatch) -> None:
    wish, real = ask(house), keeping.ask

    def away(request, expected):
        if type(request).__name__ in ("AskBulk", "AnswerBulk", "EndBulk"):
            raise keeping.KeeperAway("closed")
        return real(request, expected)

    monkeypatch.setattr(keeping, "ask", away)
    for address, sent in ((MORE, typed(house)), (reverse("bulk-answer", args=[wish.id]), {"do": "allow"})):
        answer = house.browser(Role.OWNER).post(address, sent)
        assert answer.status_code == 503
        assert str(words_bulk.AWAY.what) in answer.content.decode()
    assert Entry.objects.filter(verb__startswith="bulk.").count() == 1  # the wish of before


def test_a_site_without_a_second_person_is_told_what_to_do(house) -> None:
    assert "There is no second person yet" in page(house, Role.OWNER)
    add_operator("other-owner", Role.OWNER, by=SETUP, at=house.world.now())
    shown = page(house, Role.OWNER)
    assert "There is no second person yet" not in shown
    assert "other-owner" in shown


def test_an_operator_of_one_site_is_no_second_person_for_one_of_all(house) -> None:
    add_operator("of-one", Role.HR, sites=[house.world.site.pk], by=SETUP, at=house.world.now())
    assert "of-one" not in page(house, Role.OWNER)


def test_a_page_that_is_over_the_limit_leads_to_the_page_to_ask(house) -> None:
    by = Authority(ticket=house.ticket(Role.SECURITY))
    house.world.keeper.reveal(people(house, 60), by, "export")
    shown = house.browser(Role.SECURITY).post(reverse("person-name", args=[house.person.pk])).content.decode()
    assert str(words.REFUSED["over_budget"].what) in shown
    assert f'href="{MORE}"' in shown
    assert "60 of 60" in page(house, Role.SECURITY)
    assert "at the limit" in page(house, Role.SECURITY)
    assert re.search(r'<input[^>]*value="names"[^>]*checked', page(house, Role.SECURITY))  # the one that is full


def test_who_may_not_ask_is_led_nowhere(house) -> None:
    said = {"said": words.REFUSED["over_budget"].what, "then": "", "tone": "stop", "mark": "no"}
    for role in Role:
        request = house.browser(role).get("/account/").wsgi_request
        assert (MORE in render_to_string("pages/note.html", said, request)) == (role in ASKERS), role
    other = said | {"said": words.REFUSED["not_allowed"].what}
    request = house.browser(Role.HR).get("/account/").wsgi_request
    assert MORE not in render_to_string("pages/note.html", other, request)


# --- everybody's use ----------------------------------------------------------------------------------------------


def test_the_use_of_hour_day_and_thirty_days_stands_against_the_limits_by_class(house) -> None:
    by = Authority(ticket=house.ticket(Role.SECURITY))
    house.world.keeper.reveal(people(house, 50), by, "export")
    for role in (Role.OWNER, Role.AUDITOR):
        shown = page(house, role, USE)
        after = shown[shown.index("test-security") :]
        assert after.index("50 of 60") < after.index("50 of 300") < after.index("50 of 3,000")
        assert "near the limit" in shown
        assert "As published: 1,000, or 5 % of the enrolled" in shown
        assert "this site has set none of its own" in shown
        assert "data-print" in shown
        assert "3,000" in shown


def test_an_operator_of_other_sites_is_not_among_them(house) -> None:
    by = Authority(ticket=house.ticket(Role.SECURITY))
    house.world.keeper.reveal(people(house, 2), by, "export")
    of_one = add_operator("owner-of-one", Role.OWNER, sites=[house.world.site.pk], by=SETUP, at=house.world.now())
    code = house.world.keeper.invite(str(of_one.pk), Role.OWNER, house._owner(), sites=(str(house.world.site.pk),))
    browser = house.browser()
    browser.cookies[COOKIE] = sign_in(code).token
    assert "test-security" not in browser.get(USE).content.decode()


def test_own_limits_are_told_apart_with_their_file_its_owner_and_what_waits(house, monkeypatch) -> None:
    real, at, file_path = keeping.ask, house.world.now(), "/srv/gatehouse/keeper/budgets.json"

    def of_its_own(request, expected):
        reply = real(request, expected)
        if not isinstance(request, Usage):
            return reply
        assert isinstance(reply, UsageList)
        first, *others = reply.caps
        own = msgspec.structs.replace(first, hour=7, published=False)
        file = CapFile(file_path, "gatehouse-keeper", at, waits=True)
        return msgspec.structs.replace(reply, caps=[own, *others], web_cap=77, file=file, since=at)

    monkeypatch.setattr(keeping, "ask", of_its_own)
    shown = page(house, Role.AUDITOR, USE)
    for said in (
        "/srv/gatehouse/keeper/budgets.json",
        "gatehouse-keeper",
        "In force since",
        "own number",
        "not in force",
    ):
        assert said in shown
    assert shown.count("own</span>") == 1
    assert "published: 2,000 / 5,000 / 50,000" in shown.replace("</span>", "")
