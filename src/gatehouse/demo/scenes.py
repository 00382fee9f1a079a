"""What the demo's cameras see: idle views and short stories, as generators of BGR frames 960 x 540.

Everything moves by the frame's number and a seed, so a scene is the same each time; only `frames per second` decides
how many frames there are. The caller gives each frame its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from gatehouse.demo.canvas import HEIGHT, WIDTH, Pixels, Sprite, paste, sensor, shade_below
from gatehouse.demo.door_art import corridor, cut_out, hooded, phone
from gatehouse.demo.lane_art import CAR_HEIGHT_M, CAR_WIDTH_M, car, lane, spot
from gatehouse.demo.plates_art import plate_kind

FAR_M, STOP_M, GONE_M = 15.0, 3.7, 1.7
_ARRIVES = 0.7  # share of a scene in which the subject moves; then it stands


def idle_lane(seconds: float, fps: float, seed: int = 0) -> Iterator[Pixels]:
    """The lane with nobody in it: only the sensor's grain moves."""
    return _idle(lane(), seconds, fps, seed)


def idle_door(seconds: float, fps: float, seed: int = 0) -> Iterator[Pixels]:
    """The corridor with nobody in it."""
    return _idle(corridor(), seconds, fps, seed)


def grainy(picture: Pixels, count: int, seed: int = 0) -> list[Pixels]:
    """`count` frames of a scene that stands still, for a camera that shows them in turn."""
    rng = np.random.default_rng(seed)
    return [sensor(picture, rng) for _ in range(count)]


def car_scene(plate: str, kind: str, seconds: float, fps: float, seed: int = 0) -> Iterator[Pixels]:
    """A car comes up the lane and stops at the barrier. `kind` is `blue` or `green`.

    Raises ValueError at once for a plate that is none, or not of that kind.
    """
    if plate_kind(plate) != kind:
        raise ValueError(f"{plate!r} is no {kind} plate")
    return _car(plate, seconds, fps, seed, (FAR_M, STOP_M), _ARRIVES)


def car_leaves_scene(plate: str, kind: str, seconds: float, fps: float, seed: int = 0) -> Iterator[Pixels]:
    """The car that stood at the barrier drives on, out of the picture. Raises as `car_scene`."""
    if plate_kind(plate) != kind:
        raise ValueError(f"{plate!r} is no {kind} plate")
    return _car(plate, seconds, fps, seed, (STOP_M, GONE_M), 1.0)


def person_scene(portrait: Pixels | None, seconds: float, fps: float, seed: int = 0) -> Iterator[Pixels]:
    """A person walks up to the door and waits; None is somebody whose face is hidden."""
    walker = hooded() if portrait is None else cut_out(portrait)
    return _walk(walker, seconds, fps, seed)


def phone_scene(text: str, seconds: float, fps: float, seed: int = 0) -> Iterator[Pixels]:
    """A hand brings a phone with a QR code of `text` before the camera and keeps it there."""
    return _hold(phone(text), seconds, fps, seed)


def _idle(picture: Pixels, seconds: float, fps: float, seed: int) -> Iterator[Pixels]:
    rng = np.random.default_rng(seed)
    for _ in range(_count(seconds, fps)):
        yield sensor(picture, rng, gain=1.0 + 0.004 * float(rng.standard_normal()))


def _car(
    plate: str, seconds: float, fps: float, seed: int, way_m: tuple[float, float], moving: float
) -> Iterator[Pixels]:
    rng = np.random.default_rng(seed)
    sprite = car(plate, seed)
    aside_m = float(rng.uniform(-0.12, 0.12))
    light = float(rng.uniform(0.88, 1.04))
    from_m, to_m = way_m
    for share in _shares(seconds, fps, moving):
        # Even steps of 1/z look like an approach at steady speed that brakes before the barrier.
        eased = share * share * (3 - 2 * share)
        distance_m = 1 / ((1 - eased) / from_m + eased / to_m) if to_m < from_m else to_m
        leaving = max(0.0, (STOP_M - distance_m) / (STOP_M - GONE_M))
        picture = lane().copy()
        sway_m = aside_m + 0.10 * math.sin(share * 5.0) * (1 - share) - 2.4 * leaving**1.5
        _draw_car(picture, sprite, sway_m, distance_m, lean=0.035 * math.sin(share * 3.1) + 0.1 * leaving)
        if 0.0 < share < 0.95:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.uint8)
        yield sensor(picture, rng, gain=light)


def _draw_car(picture: Pixels, sprite: Sprite, x_m: float, z_m: float, lean: float) -> None:
    """The car's front at (x, z); `lean` turns it about the upright axis, so one side looks taller."""
    left, right = spot(x_m - CAR_WIDTH_M / 2, z_m), spot(x_m + CAR_WIDTH_M / 2, z_m)
    tall = (right[0] - left[0]) * CAR_HEIGHT_M / CAR_WIDTH_M
    shade_below(picture, ((left[0] + right[0]) / 2, left[1] - 2), ((right[0] - left[0]) * 0.56, tall * 0.12), 0.62)
    more, less = tall * (1 + lean), tall * (1 - lean)
    drop = tall * lean * 0.5
    corners = [
        (left[0], left[1] - less - drop),
        (right[0], right[1] - more + drop),
        (right[0], right[1] + drop),
        (left[0], left[1] - drop),
    ]
    paste(picture, sprite, corners)


def _walk(walker: Sprite, seconds: float, fps: float, seed: int) -> Iterator[Pixels]:
    rng = np.random.default_rng(seed)
    light = float(rng.uniform(0.9, 1.06))
    aside_px = float(rng.uniform(-40, 40))
    tall, wide = walker.alpha.shape
    for number, share in enumerate(_shares(seconds, fps, _ARRIVES)):
        eased = share * (2 - share)
        scale = 1 / ((1 - eased) / 0.38 + eased / 0.82)
        step = math.sin(number * 2.4 / max(1.0, fps / 8)) * (1 - share)
        centre_px = WIDTH / 2 + aside_px * eased + 9 * step * scale + 2.0 * math.sin(number * 0.23)
        # A head at eye height stays near the horizon while it comes closer.
        top_px = 214 - 150 * scale + 5 * abs(step) * scale + 1.2 * math.sin(number * 0.31)
        half = wide * scale / 2
        turn = 0.02 * math.sin(number * 0.17)
        corners = [
            (centre_px - half, top_px - turn * half),
            (centre_px + half, top_px + turn * half),
            (centre_px + half, top_px + tall * scale),
            (centre_px - half, top_px + tall * scale),
        ]
        picture = corridor().copy()
        shade_below(picture, (centre_px, top_px + tall * scale), (half, 26 * scale), 0.4)
        paste(picture, walker, corners)
        blur = 0.5 + 0.7 * (1 - share)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
        yield sensor(picture, rng, gain=light + 0.02 * math.sin(number * 0.4))


def _hold(held: Sprite, seconds: float, fps: float, seed: int) -> Iterator[Pixels]:
    rng = np.random.default_rng(seed)
    tall, wide = held.alpha.shape
    tilt = float(rng.uniform(-0.07, 0.07))
    skew = float(rng.uniform(-0.08, 0.08))
    height_px = 920.0
    scale = height_px / tall
    for number, share in enumerate(_shares(seconds, fps, 0.35)):
        eased = share * (2 - share)
        centre = (
            WIDTH / 2 + 60 * (1 - eased) + 4 * math.sin(number * 0.5),
            368 + 520 * (1 - eased) + 3 * math.cos(number * 0.37),
        )
        angle = tilt + 0.25 * (1 - eased) + 0.012 * math.sin(number * 0.6)
        turned = [
            (
                centre[0] + x * math.cos(angle) - y * math.sin(angle),
                centre[1] + x * math.sin(angle) + y * math.cos(angle),
            )
            for x, y in _tilted(wide * scale / 2, tall * scale / 2, skew)
        ]
        picture = corridor().copy()
        paste(picture, held, turned)
        yield sensor(picture, rng, gain=0.98)


def _tilted(half_wide: float, half_tall: float, skew: float) -> list[tuple[float, float]]:
    """A rectangle about the origin, turned about its upright axis by `skew` (share of its height)."""
    return [
        (-half_wide, -half_tall * (1 + skew)),
        (half_wide, -half_tall * (1 - skew)),
        (half_wide, half_tall * (1 - skew)),
        (-half_wide, half_tall * (1 + skew)),
    ]


def _count(seconds: float, fps: float) -> int:
    return max(1, round(seconds * fps))


def _shares(seconds: float, fps: float, moving: float) -> Iterator[float]:
    """How far the movement has come, 0 to 1, for each frame; it rests at 1 after the share `moving` of the scene."""
    count = _count(seconds, fps)
    for number in range(count):
        yield min(1.0, number / max(1.0, (count - 1) * moving))


SIZE = (WIDTH, HEIGHT)
