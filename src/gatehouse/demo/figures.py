"""The story's part about figures: their person sees them first, contests a day, and reads the answer."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from gatehouse.demo.acts import Facts, Story, expect
from gatehouse.demo.console import Answered
from gatehouse.demo.reader import Reader
from gatehouse.demo.site import MARA

WHY = "The turnstile was slow that morning."
ANSWER = "It let others through at 9:00, so the day stays as it is."


def seen_first(story: Story) -> Facts:
    """HR is told that the month is Mara's alone; then she says on her phone that she has seen it."""
    expect(_refused(story), "HR saw the figures before Mara did")
    mara = _mara(story)
    expect("Yours alone until" in mara.page, "My page does not say that the figures are hers")
    said = mara.send("/me/seen", month=f"{story.monday:%Y-%m}")
    mara.close()
    expect("HR may open it" in said, "My page does not say that HR may look now")
    return {"hr_before_her": "refused", "she_says": "seen"}


def contested(story: Story) -> Facts:
    """Mara contests her late Tuesday; HR answers; the contest stands beside the figure for both."""
    mara = _mara(story)
    tuesday = story.monday + timedelta(days=1)
    expect(WHY in mara.send("/me/contest", day=tuesday.isoformat(), text=WHY), "the contest is not on My page")
    hr = Reader(story.box.url, story.owner.code())
    hr.open("/performance/contests/")
    thread = hr.address(r"/performance/contests/[0-9a-f-]{36}/")
    hr.open(thread)
    expect(WHY not in hr.page, "what Mara wrote is shown before anybody opens it")
    expect(WHY in hr.send(thread, do="read"), "HR cannot read what Mara wrote")
    hr.send(thread, do="stands", text=ANSWER)
    figures = hr.address(r"/performance/contests/[0-9a-f-]{36}/")
    expect(figures == thread, "HR did not come back to the thread")
    hr.open(f"/performance/people/{story.site.people[MARA]}/{story.monday:%Y-%m}/")
    shown = hr.send(f"/performance/people/{story.site.people[MARA]}/{story.monday:%Y-%m}/")
    hr.close()
    marks = len(re.findall(r"</svg>contested</span>", shown))
    expect(marks > 0, "the figure does not show the contest")
    expect(ANSWER in mara.open("/me/"), "Mara does not read the answer")
    mara.close()
    return {"contested": "one day", "figures_marked": marks, "answered": "stays as it is"}


def _refused(story: Story) -> bool:
    span = {"from": story.monday.isoformat(), "to": (story.monday + timedelta(days=2)).isoformat()}
    try:
        story.owner.get(f"people/{story.site.people[MARA]}/performance", **span)
    except Answered as refused:
        return str(httpx.codes.CONFLICT.value) in str(refused)
    return False


def _mara(story: Story) -> Reader:
    """Mara on her phone, with a code from HR."""
    return Reader(story.box.url, story.owner.post(f"people/{story.site.people[MARA]}/invite")["code"])
