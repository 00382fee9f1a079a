"""`gatehouse eval`: the recognition tried on somebody's own pictures."""

import json
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gatehouse.terminal import AsJson, Home, err, fail, follow, out, progress_bar, say


class VideoMeans(StrEnum):
    PLATE = "plate"
    FACE = "face"


eval_app = typer.Typer(help="Try the recognition on your own pictures.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of pictures.")]
Report = Annotated[Path | None, typer.Option(help="Write the figures and the failures to look at as one HTML file.")]
WithPictures = Annotated[
    bool,
    typer.Option(
        "--with-pictures",
        help="Show the pictures in the report also on a machine where an installation lies in the home.",
    ),
]


@eval_app.command("plates")
def eval_plates(
    folder: Folder,
    home: Home,
    labels: Annotated[Path, typer.Option(help='JSON list of {"file", "label", "country"}, perhaps with "classes".')],
    as_json: AsJson = False,
    report: Report = None,
    with_pictures: WithPictures = False,
) -> None:
    """Read plates in your own pictures and compare with what they say."""
    from gatehouse.vision import errors, eval_report, evaluate_plates

    try:
        with progress_bar() as progress:
            result = evaluate_plates.evaluate_plates(folder, labels, follow(progress, "reading", quiet=as_json))
    except (errors.VisionError, OSError, ValueError) as fault:
        fail(str(fault))
    _report(report, eval_report.plates_report, result, folder, _may_show(home, with_pictures))
    if as_json:
        _print_json(result)
        return
    rows = [("all", result), *sorted(result["per_country"].items())]
    for name, row in [*rows, *((name, row) for name, row in result["per_class"].items() if row["n"])]:
        low, high = row["exact_interval"]
        out.print(
            f"{name:>8}  n {row['n']:4d}  exact {row['exact']:6.1%} ({low:.1%} to {high:.1%})  folded"
            f" {row['exact_folded']:6.1%}  any plate {row['any_plate_exact']:6.1%}  none {row['none']:.1%}"
            f"  {row['ms_per_image']:.0f} ms"
        )
    if absent := [name for name, row in result["per_class"].items() if not row["n"]]:
        say(f"not measured, for want of a photo labelled so: {', '.join(absent)}")
    _unreadable(result)


@eval_app.command("faces")
def eval_faces(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder for each person, with pictures of them.")],
    home: Home,
    groups: Annotated[
        Path | None, typer.Option(help="Which group each person's folder is of: JSON object, or CSV person,group.")
    ] = None,
    false_match: Annotated[
        float, typer.Option(min=0.0001, max=0.5, help="The share of strangers who may match somebody, as you state it.")
    ] = 0.01,
    as_json: AsJson = False,
    report: Report = None,
    with_pictures: WithPictures = False,
) -> None:
    """Tell people apart in your own pictures: pairs, 1:N by enrolled count, and each group that you name."""
    from gatehouse.vision import errors, eval_report, evaluate_faces

    try:
        of = evaluate_faces.read_groups(groups) if groups else None
        with progress_bar() as progress:
            result = evaluate_faces.evaluate_faces(
                folder, of, false_match=false_match, progress=follow(progress, "reading", quiet=as_json)
            )
    except (errors.VisionError, OSError, ValueError) as fault:
        fail(str(fault))
    _report(report, eval_report.faces_report, result, folder, _may_show(home, with_pictures))
    if as_json:
        _print_json(result)
        return
    say(
        f"{result['people']} people, {result['faces']} faces in {result['pictures']} pictures; no face in"
        f" {len(result['no_face'])}; {result['ms']['picture']:.0f} ms a picture"
    )
    for name, part in [("everybody", result), *sorted(result["groups"].items())]:
        _say_faces(name, part)
    _unreadable(result)


@eval_app.command("video")
def eval_video(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording of one gate's camera.")],
    home: Home,
    means: Annotated[VideoMeans, typer.Option(help="What the gate takes.")] = VideoMeans.PLATE,
    country: Annotated[list[str] | None, typer.Option(help="Whose plates are read; may be repeated. CN.")] = None,
    expect: Annotated[list[str] | None, typer.Option(help="A plate that passes, in order; may be repeated.")] = None,
    fps: Annotated[float, typer.Option(min=0.5, max=60, help="Frames looked at in a second, at most.")] = 8.0,
    as_json: AsJson = False,
) -> None:
    """Play a recording to the recognition of a gate: when it would have asked for an answer, and what a frame costs."""
    from gatehouse.devices.errors import DeviceError
    from gatehouse.domain.sightings import Means
    from gatehouse.edge.rehearsal import rehearse
    from gatehouse.vision.errors import VisionError
    from gatehouse.vision.evaluate_plates import normalised

    try:
        with progress_bar() as progress:
            watch = follow(progress, "watching", quiet=as_json)
            result = rehearse(file, means=Means(means.value), countries=country or ["CN"], fps=fps, progress=watch)
    except (DeviceError, VisionError, OSError, ValueError) as fault:
        fail(str(fault))
    if expect is not None:
        result["expected"] = [normalised(plate) for plate in expect]
        result["as_expected"] = [one["plate"] for one in result["triggers"]] == result["expected"]
    if as_json:
        _print_json(result)
        return
    for one in result["triggers"]:
        say(f"{one['at_s']:8.2f} s  {one['plate'] or 'a face'}  ({one['reads']} reads agree)")
    if not result["triggers"]:
        say("nothing would have been asked at this gate")
    say(
        f"{result['frames']} frames, {result['looked']} looked at ({result['whole']} whole, {result['near']} around the"
        f" last place); a frame costs {result['ms']:.0f} ms of a core: decoding {result['decode_ms']:.0f}, motion"
        f" {result['motion_ms']:.1f}, looking {result['look_ms']:.0f}; {result['cameras_per_core']:.1f} such cameras a"
        " core"
    )
    if expect is not None:
        say("as expected" if result["as_expected"] else f"NOT as expected: {' '.join(result['expected'])}")


@eval_app.command("liveness")
def eval_liveness(
    home: Home,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="DIR/SPECIES/SERIES: videos, or folders of pictures. Living: genuine."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Without DIR: how often each attack tries.")] = 1,
    fps: Annotated[float, typer.Option(min=2, max=30, help="Frames looked at in a second.")] = 8.0,
    as_json: AsJson = False,
    report: Annotated[Path | None, typer.Option(help="Write the figures as one HTML file.")] = None,
) -> None:
    """Try the liveness challenge: which attacks it lets pass, and which living people it refuses.

    On your recordings in DIR; without DIR on attacks and people that are made in code from two public-domain portraits.
    """
    from gatehouse.vision import errors, eval_report, evaluate_liveness

    try:
        with progress_bar() as progress:
            watch = follow(progress, "presenting", quiet=as_json)
            if folder is None:
                result = evaluate_liveness.evaluate_scenes(rounds=rounds, fps=fps, progress=watch)
            else:
                result = evaluate_liveness.evaluate_folder(folder, fps=fps, progress=watch)
        if report is not None:
            report.write_text(eval_report.liveness_report(result), "utf-8")
    except (errors.VisionError, OSError, ValueError) as fault:
        fail(str(fault))
    if as_json:
        _print_json(result)
        return
    say(eval_report.LIVENESS_NOTE)
    if result["synthetic"]:
        say(eval_report.SYNTHETIC_NOTE)
    for row in eval_report.liveness_rows(result):
        say("  ".join(f"{cell:<{width}}" for cell, width in zip(row, (26, 5, 34, 34, 9), strict=True)).rstrip())


def _say_faces(name: str, part: Mapping[str, Any]) -> None:
    from gatehouse.vision.eval_report import percent, spread

    say(f"\n{name}: {part['same_pairs']} pairs of one person, {part['different_pairs']} of two")
    for rate, one in part["pairs"].items():
        shown = "not measured, too few pairs"
        if one:
            shown = f"accepts {percent(one['true_accepts'])} ({spread(one['interval'])}) at {one['threshold']:.4f}"
        say(f"  two people confused {rate:>6}: {shown}")
    for one in part["search"]:
        stated = "default" if one["stated"] is None else f"stated {percent(one['stated'])}"
        say(
            f"  1:N {one['enrolled']:>5} enrolled, {one['templates']} x {one['frames']}, {stated:>12}, threshold"
            f" {one['threshold']:.3f}: lets in {percent(one['let_in'] / one['mates'])}, admits strangers"
            f" {percent(one['false_positives'], 2)} ({spread(one['false_positive_interval'])})"
        )


def _may_show(home: Path, with_pictures: bool) -> bool:
    """Pictures leave no real installation by accident: there, only whoever asks for them gets them."""
    return with_pictures or not (home / "keeper" / "store.db").exists()


def _report(
    path: Path | None,
    made: Callable[..., str],
    result: Mapping[str, Any],
    folder: Path,
    pictures: bool,
) -> None:
    if path is None:
        return
    try:
        path.write_text(made(result, folder, pictures=pictures), "utf-8")
    except OSError as fault:
        fail(f"{path} cannot be written: {fault.strerror}")
    if pictures:
        err.print(f"{path} shows the pictures of the failures: keep it as you keep the pictures", markup=False)
    else:
        err.print(
            f"{path} names the failures without their pictures, because an installation lies in this home; "
            "--with-pictures shows them",
            markup=False,
        )


def _print_json(result: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n")


def _unreadable(result: Mapping[str, Any]) -> None:
    if result["unreadable"]:
        err.print(f"cannot be read: {', '.join(result['unreadable'])}", markup=False)
