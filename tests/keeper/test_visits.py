"""What the job of visits may do to visitors, and to nobody else; and whose visits a host reads."""

from uuid import uuid4

import msgspec
import pytest
from tests.keeper.conftest import SITE, TODAY

from gatehouse.keeper.protocol import Authority, Cell, Forget, KeyClass, Owner, Plain, Reveal, Role, Sign, Tokens

JOB = Authority(job="visits")
BOTH = [KeyClass.VISIT, KeyClass.ACCESS]


def visit(desk, host="somebody", subject=None):
    """A visitor's id and their two cells."""
    own = subject or str(uuid4())
    data = msgspec.json.encode({"host": host, "name": "Ola Brandt"})
    labels = ("visit.span/1", "visit.facts/1")
    sealed = desk.client.seal([Plain(label, Owner(own), own, data) for label in labels])
    return own, [Cell(label, own, cell) for label, cell in zip(labels, sealed, strict=True)]


def refused(desk, request):
    reply = desk.client.call(request)
    return getattr(reply, "code", "")


def claims(desk, subject, seconds=120):
    now = int(desk.clock.now().timestamp())
    return {"id": str(uuid4()), "sub": subject, "site": SITE, "nbf": now, "exp": now + seconds}


def test_the_job_signs_a_visitors_pass_for_minutes_and_no_workers(desk):
    visitor, _ = visit(desk)
    worker, _ = desk.person()
    assert refused(desk, Sign("pass", claims(desk, visitor), JOB)) == ""
    assert refused(desk, Sign("pass", claims(desk, visitor, 601), JOB)) == "not_allowed"
    assert refused(desk, Sign("pass", claims(desk, worker), JOB)) == "not_allowed"
    assert refused(desk, Sign("pass", claims(desk, str(uuid4())), JOB)) == "not_allowed"
    assert refused(desk, Sign("pass", claims(desk, visitor), Authority(job="feed"))) == "not_allowed"


def test_a_worker_who_is_given_a_visit_is_no_visitor(desk):
    worker, cell = desk.person()
    visit(desk, subject=worker)
    assert refused(desk, Sign("pass", claims(desk, worker), JOB)) == "not_allowed"
    assert refused(desk, Tokens(SITE, TODAY, [worker], JOB)) == "not_allowed"
    assert refused(desk, Forget(worker, BOTH, JOB)) == "not_allowed"
    assert desk.client.reveal([cell], desk.sign_in(), "person.page") == [b"Ann Example"]


def test_the_job_follows_visitors_alone(desk):
    visitor, _ = visit(desk)
    worker, _ = desk.person()
    assert refused(desk, Tokens(SITE, TODAY, [visitor], JOB)) == ""
    assert refused(desk, Tokens(SITE, TODAY, [visitor, worker], JOB)) == "not_allowed"


def test_the_job_destroys_a_visit_whole_and_may_do_so_again(desk):
    visitor, cells = visit(desk)
    assert refused(desk, Forget(visitor, [KeyClass.ACCESS], JOB)) == "not_allowed"
    assert refused(desk, Forget(visitor, [*BOTH, KeyClass.WORK], JOB)) == "not_allowed"
    assert refused(desk, Forget(visitor, BOTH, JOB)) == ""
    assert desk.client.reveal(cells, desk.sign_in(), "visit.desk") == [None, None]
    assert refused(desk, Sign("pass", claims(desk, visitor), JOB)) == "not_allowed"
    assert refused(desk, Forget(visitor, BOTH, JOB)) == ""
    desk.restart()
    assert desk.client.reveal(cells, desk.sign_in(), "visit.desk") == [None, None]


def test_the_job_sees_when_and_never_who(desk):
    _, (span, facts) = visit(desk)
    assert refused(desk, Reveal([span], JOB, "visit.page")) == ""
    assert refused(desk, Reveal([facts], JOB, "visit.page")) == "not_allowed"
    assert refused(desk, Reveal([facts], Authority(job="feed"), "feed")) == "not_allowed"
    brief = desk.sealed("visit.brief/1", str(uuid4()), b'{"host": "x"}')
    assert refused(desk, Reveal([brief], JOB, "visit.page")) == "not_allowed"


def test_a_host_reads_the_visits_to_them_and_no_others(desk):
    host, _ = desk.person()
    _, own = visit(desk, host)
    _, others = visit(desk)
    ticket = desk.worker(host)
    assert None not in desk.client.reveal(own, ticket, "me.visitors")
    for cell in others:
        assert refused(desk, Reveal([cell], ticket, "me.visitors")) == "not_allowed"


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"host": 7}', b"{"])
def test_a_cell_that_says_no_host_is_no_hosts(desk, data):
    host, _ = desk.person()
    own = str(uuid4())
    (cell,) = desk.client.seal([Plain("visit.facts/1", Owner(own), own, data)])
    assert refused(desk, Reveal([Cell("visit.facts/1", own, cell)], desk.worker(host), "me.visitors")) == "not_allowed"


def test_a_plate_of_a_visit_is_shown_to_nobody(desk):
    own, _ = visit(desk)
    cell = desk.sealed("visit.plate/1", own, "沪A12345")
    for role in (Role.OWNER, Role.HR, Role.SECURITY):
        assert refused(desk, Reveal([cell], desk.sign_in(role), "visit.desk")) == "not_allowed"
    assert refused(desk, Reveal([cell], JOB, "visit.page")) == "not_allowed"


def test_a_visitors_passage_is_readable_until_the_visit_is_destroyed(desk):
    visitor, _ = visit(desk)
    letter = desk.letter(desk.passage(subject=visitor, means="pass"))
    (fact,) = desk.client.admit([letter], {})
    cell = Cell("passage.facts/1", fact.id, fact.cell, fact.token)
    owner = desk.sign_in()
    assert desk.client.reveal([cell], owner, "watch.who")[0] is not None
    assert desk.client.who(SITE, TODAY, [fact.token], owner) == [visitor]
    desk.client.call(Forget(visitor, BOTH, JOB))
    assert desk.client.reveal([cell], owner, "watch.who") == [None]
    assert desk.client.who(SITE, TODAY, [fact.token], owner) == [""]
