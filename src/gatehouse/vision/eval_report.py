"""An evaluation as one HTML file: figures first, then the failures to look at. Holds no script and loads nothing.

With `pictures` the file shows the photos themselves, small: then it is as sensitive as they are.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2

from gatehouse.vision.errors import BadFrame
from gatehouse.vision.frames import at_most, read_picture

THUMB_PX = 260
FAILURES = 60

_STYLE = """
:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif}
body{max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .75rem;text-align:right;border-bottom:1px solid #8884}
td:first-child,th:first-child{text-align:left}.wide{overflow-x:auto}
.fails{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;max-width:17rem;overflow-wrap:anywhere}
img{max-width:100%;border-radius:4px}
figcaption{font-size:.85rem}.note{color:#777}
"""


def percent(share: float | None, digits: int = 1) -> str:
    """A share as percent; `not measured` for None and for what is no number."""
    return "not measured" if share is None or share != share else f"{share:.{digits}%}"


def spread(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"


def plates_report(result: Mapping[str, Any], folder: Path, *, pictures: bool) -> str:
    """What `evaluate_plates` gave, as HTML."""
    rows = [("all", result), *sorted(result["per_country"].items()), *sorted(result["per_class"].items())]
    parts = [
        _table(
            ("", "photos", "exact", "95 %", "O = 0, I = 1", "any plate", "characters", "nothing read", "ms"),
            [
                (name, row["n"], percent(row["exact"]), spread(row["exact_interval"]), percent(row["exact_folded"]),
                 percent(row["any_plate_exact"]), percent(row["char"]), percent(row["none"]), row["ms_per_image"])
                if row["n"] else (name, 0, *["not measured"] * 7)
                for name, row in rows
            ],
        )
    ]  # fmt: skip
    wrong = [row for row in result["reads"] if not row["exact"]]
    shown = [
        (f"{row['label']} read as {row['read'] or 'nothing'} ({row['confidence']:.2f}) · {row['file']}", [row["file"]])
        for row in wrong[:FAILURES]
    ]
    parts.append(_failures("Not read exactly", shown, len(wrong), folder, pictures))
    return _page("Plates", parts)


def faces_report(result: Mapping[str, Any], folder: Path, *, pictures: bool) -> str:
    """What `evaluate_faces` gave, as HTML."""
    parts = [
        _table(
            ("pictures", "people", "faces", "no face", "cannot be read", "several faces", "ms a picture"),
            [
                (result["pictures"], result["people"], result["faces"], len(result["no_face"]),
                 len(result["unreadable"]), result["several_faces"], result["ms"]["picture"])
            ],
        )
    ]  # fmt: skip
    for name, part in [("Everybody", result), *sorted(result["groups"].items())]:
        parts.append(f"<h2>{escape(name)}</h2>{_pairs(part)}{_search(part)}")
    for title, key in (
        ("One person, least alike", "least_alike_same"),
        ("Two people, most alike", "most_alike_different"),
    ):
        shown = [(f"distance {one['distance']} · {' · '.join(one['files'])}", one["files"]) for one in result[key]]
        parts.append(_failures(title, shown, len(shown), folder, pictures))
    lost = [(file, [file]) for file in result["no_face"][:FAILURES]]
    parts.append(_failures("No face found", lost, len(result["no_face"]), folder, pictures))
    return _page("Faces", parts)


LIVENESS_NOTE = (
    "Liveness challenge, not tested to ISO/IEC 30107-3. It does not stop a video or a face swap that does what is"
    " asked, and no mask."
)
SYNTHETIC_NOTE = (
    "Synthetic: attacks and living people were made in code from two portraits; nobody held anything before a camera."
)
LIVENESS_HEADS = ("species", "n", "APCER (living people: BPCER), 95 %", "not answered, 95 %", "seconds")


def liveness_rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What `evaluate_liveness` gave, a line for each species under LIVENESS_HEADS."""
    living = result["genuine"]
    found = [("living people (BPCER)", living["bpcer"], living["bpcer_interval"], living)] if living["n"] else []
    found += [
        (name.replace("_", " "), one["apcer"], one["apcer_interval"], one) for name, one in result["attacks"].items()
    ]
    return [
        (
            name,
            str(one["n"]),
            f"{percent(share)} ({spread(wide)})",
            f"{percent(one['non_response'])} ({spread(one['non_response_interval'])})",
            "" if one["took_s"] is None else f"{one['took_s']:.1f} s",
        )
        for name, share, wide, one in found
    ]


def liveness_report(result: Mapping[str, Any]) -> str:
    """What `evaluate_liveness` gave, as HTML."""
    notes = [LIVENESS_NOTE, *([SYNTHETIC_NOTE] if result["synthetic"] else [])]
    parts = [f'<p class="note">{escape(note)}</p>' for note in notes]
    parts.append(_table(LIVENESS_HEADS, liveness_rows(result)))
    ends = [
        (name.replace("_", " "), ", ".join(f"{why.replace('_', ' ')} {count}" for why, count in one["why"].items()))
        for name, one in [("living people", result["genuine"]), *result["attacks"].items()]
        if one["why"]
    ]
    if ends:
        parts.append("<h2>Why they were refused</h2>" + _table(("species", "how often"), ends))
    if result["ms"] is not None:
        parts.append(f'<p class="note">{result["ms"]} ms of a core for each frame.</p>')
    return _page("Liveness challenge", parts)


def _pairs(part: Mapping[str, Any]) -> str:
    found = [(f"confused {rate}", one) for rate, one in part["pairs"].items()]
    found += [(f"at the threshold for {mode.replace('_', ' ')}", one) for mode, one in part["at_default"].items()]
    return _table(
        ("pairs of pictures", "threshold", "same person accepted", "95 %", "two people confused"),
        [
            (name, f"{one['threshold']:.4f}", percent(one["true_accepts"]), spread(one["interval"]),
             "not measured" if one["false_accepts"] is None else f"{one['false_accepts']:.2e}")
            if one else (name, *["not measured"] * 4)
            for name, one in found
        ],
    )  # fmt: skip


def _search(part: Mapping[str, Any]) -> str:
    return _table(
        ("1:N, enrolled", "templates x frames", "threshold", "let in", "second factor", "taken for another",
         "strangers admitted", "95 %", "stated"),
        [
            (one["enrolled"], f"{one['templates']} x {one['frames']}", f"{one['threshold']:.3f}",
             percent(one["let_in"] / one["mates"]), percent(one["second_factor"] / one["mates"]),
             percent(one["taken_for_another"] / one["mates"], 2), percent(one["false_positives"], 2),
             spread(one["false_positive_interval"]), "" if one["stated"] is None else percent(one["stated"]))
            for one in part["search"]
        ],
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _failures(title: str, shown: Sequence[tuple[str, Sequence[str]]], total: int, folder: Path, pictures: bool) -> str:
    if not shown:
        return f'<h2>{escape(title)}</h2><p class="note">None.</p>'
    note = f"{total} in all, {len(shown)} here" + ("" if pictures else "; their pictures were left out of this file")
    figures = "".join(
        f"<figure>{''.join(_thumb(folder / file) for file in files) if pictures else ''}"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for caption, files in shown
    )
    return f'<h2>{escape(title)}</h2><p class="note">{escape(note)}</p><div class="fails">{figures}</div>'


def _thumb(path: Path) -> str:
    try:
        small, _ = at_most(read_picture(path), THUMB_PX)
    except (BadFrame, OSError):
        return '<p class="note">cannot be read</p>'
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}">'


def _page(title: str, parts: Iterable[str]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"{''.join(parts)}</body></html>"
    )
