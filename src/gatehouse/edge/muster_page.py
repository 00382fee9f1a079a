"""The muster page as HTML, without scripts: it works on any phone, prints, and needs nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from gatehouse.domain.muster import RollCall
from gatehouse.edge.muster import List, Someone
from gatehouse.edge.muster_words import ZH

STYLE = """
:root{color-scheme:light dark;--line:#8886;--go:#0b5c50}
body{font:1.05rem/1.45 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:.8rem}
h1{font-size:1.5rem;margin:.2rem 0}
h2{font-size:1.15rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0}
form{margin:.5rem 0}
li form{margin:0}
.big{font-size:2.2rem;font-weight:700}
ul{list-style:none;margin:0;padding:0}
li{display:flex;justify-content:space-between;align-items:center;gap:.6rem;
  border-bottom:1px solid var(--line);padding:.35rem 0}
button,.button{font:inherit;min-height:44px;padding:.4rem 1rem;border-radius:.5rem;border:1px solid var(--go);
  background:var(--go);color:#fff}
button.quiet{background:transparent;color:inherit}
input{font:inherit;min-height:44px;width:100%;box-sizing:border-box;padding:.3rem .6rem}
form.row{display:flex;gap:.5rem;flex-wrap:wrap;align-items:end}
label{display:block;flex:1 1 14rem;font-weight:600}
.soft{opacity:.75}
.note{border-left:.3rem solid #b3541e;padding:.3rem .7rem}
.here{opacity:.6}
@media print{form,button,.no-print{display:none}.here{text-decoration:line-through}}
"""


@dataclass(frozen=True, slots=True)
class Words:
    """English or Chinese, by what the phone asks for."""

    chinese: bool

    def __call__(self, text: str) -> str:
        return ZH.get(text, text) if self.chinese else text


def words_for(accept_language: str) -> Words:
    return Words(accept_language.strip().lower().startswith("zh"))


def page(title: str, body: str, words: Words) -> str:
    lang = "zh-Hans" if words.chinese else "en"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def muster(of: List, roll: RollCall | None, now: datetime, zone: str, words: Words, said: str = "") -> str:
    """The list with what was ticked; before a roll call is started, the list alone."""
    clock = _Clock(ZoneInfo(zone), now)
    missing = roll.missing(one.who.id for one in of.people) if roll else [one.who.id for one in of.people]
    title = words("Drill") if roll and roll.drill else words("Roll call")
    parts = [f"<h1>{escape(title)}</h1>"]
    if said:
        parts.append(f'<p class="note" role="status">{escape(said)}</p>')
    counted = words("still missing") if roll and roll.ended is None else words("inside")
    number = len(missing) if roll and roll.ended is None else len(of.people)
    parts.append(f'<p><span class="big" id="count">{number}</span> {escape(counted)}</p>')
    parts.append(f'<p class="soft">{escape(words("As of"))} {clock(now)} · {_age(of, clock, words)}</p>')
    parts.append(_times(roll, now, len(of.people), clock, words) if roll else "")
    parts.append(_actions(roll, words))
    parts += _zones(of, roll, clock, words)
    parts.append(_strangers(of, roll, words) if roll else "")
    if not of.people:
        parts.append(f"<p>{escape(words('Nobody is inside.'))}</p>")
    parts.append(f'<p class="soft no-print">{escape(words("Opening this list was written down."))}</p>')
    return page(title, "".join(parts), words)


@dataclass(frozen=True, slots=True)
class _Clock:
    zone: ZoneInfo
    now: datetime

    def __call__(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        same = local.date() == self.now.astimezone(self.zone).date()
        return f"{local:%H:%M:%S}" if same else f"{local:%Y-%m-%d %H:%M}"


def _age(of: List, clock: _Clock, words: Words) -> str:
    if of.came is None:
        return escape(words("no list of people has come yet"))
    return f"{escape(words('The list of people is from'))} {clock(of.came)}"


def _times(roll: RollCall, now: datetime, count: int, clock: _Clock, words: Words) -> str:
    said = [f"{words('Begun')} {clock(roll.started)}"]
    if roll.ended is not None:
        said.append(f"{words('Ended')} {clock(roll.ended)}")
    said.append(f"{words('lasted')} {_length(roll.lasted(now))}")
    half = roll.half_after(count)
    if half is not None:
        said.append(f"{words('half were here after')} {_length(half)}")
    said.append(f"{len(roll.ticks)} {words('ticked')}")
    return f"<p>{escape(' · '.join(said))}</p>"


def _length(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d}"


def _actions(roll: RollCall | None, words: Words) -> str:
    look = (
        f'<form class="row" method="get" action="/"><button class="quiet">{escape(words("Look again"))}</button></form>'
    )
    if roll is None or roll.ended is not None:
        return (
            f'<form class="row" method="post" action="/start"><button name="as" value="alarm">'
            f'{escape(words("Start a roll call"))}</button><button class="quiet" name="as" value="drill">'
            f"{escape(words('Start a drill'))}</button></form>{look}"
        )
    return (
        f'<form class="row" method="post" action="/tick"><label>{escape(words("Staff number, card or code"))}'
        f'<input name="text" autocomplete="off" autocapitalize="characters" maxlength="400"></label>'
        f"<button>{escape(words('Tick'))}</button></form>"
        f'<form class="row" method="post" action="/scan" enctype="multipart/form-data"><label>'
        f'{escape(words("Scan: take a photo of a code"))}<input type="file" name="photo" accept="image/*" '
        f'capture="environment"></label><button>{escape(words("Tick"))}</button></form>{look}'
        f'<form method="post" action="/end"><button class="quiet">{escape(words("End it"))}</button></form>'
    )


def _zones(of: List, roll: RollCall | None, clock: _Clock, words: Words) -> list[str]:
    by_zone: dict[str, list[Someone]] = {}
    for one in of.people:
        by_zone.setdefault(one.where.zone, []).append(one)
    parts = []
    for zone, people in sorted(by_zone.items(), key=lambda item: of.zones.get(item[0], "")):
        name = of.zones.get(zone, zone) if zone else words("Site")
        left = len(roll.missing(one.who.id for one in people)) if roll else len(people)
        parts.append(f"<h2>{escape(name)}: {left} / {len(people)}</h2><ul>{_lines(people, roll, clock, words)}</ul>")
    return parts


def _lines(people: Sequence[Someone], roll: RollCall | None, clock: _Clock, words: Words) -> str:
    lines = []
    for one in people:
        ticked = roll is not None and one.who.id in roll.ticks
        visitor = f" ({escape(words('visitor'))})" if one.who.number == "" else ""
        doubt = f" · {escape(words('may have left by another way'))}" if one.where.doubtful else ""
        button = "" if roll is None or roll.ended is not None else _button(one.who.id, ticked=ticked, words=words)
        lines.append(
            f'<li class="{"here" if ticked else ""}"><span><strong>{escape(one.who.said)}</strong>{visitor} '
            f'<span class="soft">'
            f"{escape(words('since'))} {clock(one.where.since)}{doubt}</span></span>{button}</li>"
        )
    return "".join(lines)


def _button(person: str, *, ticked: bool, words: Words) -> str:
    to, said, look = ("/untick", "Undo", "quiet") if ticked else ("/tick", "Tick", "")
    return (
        f'<form method="post" action="{to}"><button class="{look}" name="person" value="{escape(person)}">'
        f"{escape(words(said))}</button></form>"
    )


def _strangers(of: List, roll: RollCall, words: Words) -> str:
    inside = {one.who.id for one in of.people}
    others = [of.known[person].said if person in of.known else "?" for person in roll.ticks if person not in inside]
    if not others:
        return ""
    lines = "".join(f'<li class="here"><strong>{escape(said)}</strong></li>' for said in sorted(others))
    return f"<h2>{escape(words('Not inside by the list, but here'))}: {len(others)}</h2><ul>{lines}</ul>"


def text_lines(of: List, now: datetime, zone: str) -> list[str]:
    """The same list for a terminal or a printer."""
    words, clock = Words(False), _Clock(ZoneInfo(zone), now)
    lines = [f"{len(of.people)} inside, as of {clock(now)}", _age(of, clock, words)]
    by_zone: dict[str, list[Someone]] = {}
    for one in of.people:
        by_zone.setdefault(of.zones.get(one.where.zone, one.where.zone) or "Site", []).append(one)
    for name, people in sorted(by_zone.items()):
        lines += ["", f"{name}: {len(people)}"]
        lines += [
            f"[ ] {one.who.said or '?'}{' (visitor)' if one.who.number == '' else ''}  since {clock(one.where.since)}"
            f"{'  may have left by another way' if one.where.doubtful else ''}"
            for one in people
        ]
    return lines


def plain(text: str, words: Words) -> str:
    """A page that only says something."""
    return page(words("Roll call"), f"<h1>{escape(words('Roll call'))}</h1><p>{escape(words(text))}</p>", words)
