"""Lanes: a queue of what did not add up, one click and a reason for each, and the next one comes."""

import re

import pytest
from django.test import Client as Browser

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking import lane_answers
from gatehouse.server.parking.models import ExceptionKind, LaneAct, LaneException, OpenStay

PLATE, READ = "京A12345", "京A12349"  # one character apart
HTMX = {"hx-request": "true"}


def held(house, plate=READ, gate="out"):
    """A car that stands at the exit and has no entry."""
    house.world.tell(house.world.attempt(gate, granted=False, reason="unpaid", plate=plate, direction="out"))
    return LaneException.objects.get(done=False)


def post(browser: Browser, exception, action: str, **data):
    return browser.post(f"/lanes/{exception.pk}/{action}", data, headers=HTMX).content.decode()


def test_an_empty_queue_says_so(house):
    page = house.browser(Role.PARKING).get("/lanes/").content.decode()
    assert "Nothing waits" in page
    assert 'aria-current="page"' in page


def test_one_click_takes_the_read_for_a_stay_and_the_next_exception_comes(house):
    world = house.world
    world.tell(world.enters(PLATE, world.ago(minutes=61)))
    first = held(house)
    second = LaneException.objects.create(garage=world.garage, kind=ExceptionKind.ENTERED_TWICE, at=world.now())
    browser = house.browser(Role.PARKING)
    page = browser.get("/lanes/").content.decode()
    assert page.index("A car at the exit has no entry") < page.index("A car came in twice")
    assert "one character differs" in page
    assert "owes ¥10.00" in page
    assert READ not in page
    stay = re.search(r'name="stay" value="([0-9a-f-]+)"', page)
    answered = post(browser, first, "answer", answer="charge", why="misread", stay=stay[1])
    assert "It is this stay: let it pay" in answered
    assert "A car came in twice" in answered
    first.refresh_from_db()
    assert (first.done, first.answer, first.reason) == (True, "charge", "misread")
    assert OpenStay.objects.get().second_token is not None
    assert LaneAct.objects.get().act == "same_car"
    assert not LaneException.objects.get(pk=second.pk).done


def test_the_plate_is_shown_only_when_asked_for_and_the_looks_are_counted(house):
    exception, browser = held(house), house.browser(Role.PARKING)
    assert READ not in browser.get(f"/lanes/{exception.pk}/").content.decode()
    shown = post(browser, exception, "read")
    assert READ in shown
    assert "1 of 60 looks this hour" in shown


def test_two_operators_answer_at_once_and_one_of_them_is_told(house):
    exception = held(house)
    ours, theirs = house.browser(Role.PARKING), house.browser(Role.SECURITY)
    assert "Let it out free" in post(ours, exception, "answer", answer="let_out", why="guest")
    assert "Somebody was faster" in post(theirs, exception, "answer", answer="let_out", why="guest")
    assert LaneAct.objects.filter(act="opened").count() == 1


def test_what_a_colleague_took_is_skipped_and_can_be_taken_over(house):
    exception = held(house)
    ours, theirs = house.browser(Role.PARKING), house.browser(Role.SECURITY)
    post(ours, exception, "take")
    assert "Nothing waits" in theirs.get("/lanes/").content.decode()
    assert "test-parking looks after it" in theirs.get(f"/lanes/{exception.pk}/").content.decode()
    assert "A colleague looks after this one" in post(theirs, exception, "answer", answer="let_out", why="guest")
    post(theirs, exception, "take", over="1")
    assert LaneException.objects.get().taken_by == str(house.operators[Role.SECURITY].pk)
    assert "A colleague looks after this one" in post(ours, exception, "answer", answer="let_out", why="guest")


def test_an_answer_about_a_stay_without_one_says_what_to_do(house):
    exception = held(house)
    said = post(house.browser(Role.PARKING), exception, "answer", answer="charge", why="misread")
    assert "Choose the stay first" in said
    assert not LaneException.objects.get().done


def test_a_stay_is_found_by_the_plate_that_the_driver_tells(house):
    """The plates were changed inside: nothing is alike."""
    world = house.world
    world.tell(world.enters("沪B88888", world.ago(minutes=61)))
    exception, browser = held(house), house.browser(Role.PARKING)
    assert "No parked car is alike" in browser.get("/lanes/").content.decode()
    found = post(browser, exception, "stay", plate="沪b·88888")
    assert "The stay of that plate" in found
    assert str(OpenStay.objects.get().pk) in found
    assert "No parked car has that plate" in post(browser, exception, "stay", plate="沪B88889")


def test_an_answer_is_taken_back_by_whoever_gave_it(house):
    world = house.world
    world.tell(world.enters(PLATE, world.ago(minutes=61)))
    exception, browser = held(house), house.browser(Role.PARKING)
    stay = str(OpenStay.objects.get().pk)
    said = post(browser, exception, "answer", answer="charge", why="misread", stay=stay)
    code = re.search(r'name="undo" value="([^"]+)"', said)[1]
    assert "can not be undone" in house.browser(Role.SECURITY).post("/lanes/undo", {"undo": code}).content.decode()
    assert "Taken back" in browser.post("/lanes/undo", {"undo": code}, headers=HTMX).content.decode()
    assert OpenStay.objects.get().second_token is None
    assert not LaneException.objects.get().done
    assert "can not be undone" in browser.post("/lanes/undo", {"undo": code + "x"}).content.decode()


def test_an_auditor_reads_the_queue_and_answers_nothing(house):
    exception, browser = held(house), house.browser(Role.AUDITOR)
    page = browser.get("/lanes/").content.decode()
    assert "A car at the exit has no entry" in page
    assert 'name="answer"' not in page
    assert browser.post(f"/lanes/{exception.pk}/answer", {"answer": "let_out", "why": "guest"}).status_code == 403


def test_without_a_script_the_whole_page_answers(house):
    exception = held(house)
    page = house.browser(Role.PARKING).post(f"/lanes/{exception.pk}/answer", {"answer": "let_out", "why": "other"})
    assert page.content.decode().startswith("<!doctype html>")
    assert LaneException.objects.get().done


@pytest.mark.parametrize("kind", ExceptionKind.values)
def test_every_kind_has_a_page_with_two_answers(house, kind):
    exception = LaneException.objects.create(garage=house.world.garage, kind=kind, at=house.world.now(), gate="out")
    page = house.browser(Role.PARKING).get(f"/lanes/{exception.pk}/").content.decode()
    for answer in lane_answers.OFFERS[kind]:
        assert f'value="{answer}"' in page


def test_the_queue_is_narrowed_to_a_garage(house):
    held(house)
    browser = house.browser(Role.PARKING)
    assert "has no entry" in browser.get(f"/lanes/?garage={house.world.garage.pk}").content.decode()
    assert "Nothing waits" in browser.get("/lanes/?garage=00000000-0000-4000-8000-000000000000").content.decode()
    assert browser.get("/lanes/?garage=nonsense").status_code == 200


def test_a_car_that_nobody_read_is_let_in_under_a_number_that_the_operator_tells(house):
    world, browser = house.world, house.browser(Role.PARKING)
    unread = LaneException.objects.create(garage=world.garage, kind="unread", at=world.now(), gate="in")
    assert "Let it in under a number" in browser.get(f"/lanes/{unread.pk}/").content.decode()
    done = post(browser, unread, "answer", answer="admit", why="dirty")
    address = re.search(r'href="http://[^/]+(/[^"]+)" target="_blank"', done)[1]
    number = re.search(r'class="plate">(V[0-9A-Z]{4} [0-9A-Z]{4})<', done)[1]
    assert "<svg" in done
    assert number in Browser().get(address).content.decode()
