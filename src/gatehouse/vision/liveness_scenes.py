"""Whoever stands before a camera that asks for a challenge: living people and attacks, made from one portrait in code.

Every actor sees what the screen says and answers it as well as it can, so that an attack is as good as its kind can be.
All of it is synthetic: no print, screen or mask was held before a camera. See docs/recognition.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from gatehouse.domain.liveness import ORDERS, Act
from gatehouse.vision.frames import Pixels
from gatehouse.vision.warping import Head, Pose, sheet

Show = Callable[[Act, float], Pixels]  # what is asked, and seconds since the beginning -> the frame

_TURN_DEG = 36.0
_STEP_DEG = 12.0  # poses are drawn in steps, and kept
_SPEED_DEG_S, _LIDS_S = 90.0, 6.0  # of a head and of lids (their whole way in a second)
_REACTION_S = 0.6
_CLIP_FPS = 8.0
_TARGETS = {Act.FRONT: (0.0, 0.0), Act.LEFT: (1.0, 0.0), Act.RIGHT: (-1.0, 0.0), Act.BLINK: (0.0, 1.0)}
_SHUT_S = 0.9  # how long somebody keeps their eyes shut who was asked to


@dataclass
class Player:
    """A portrait with what it takes to play all kinds; poses are drawn once."""

    picture: Pixels
    other: Pixels  # of somebody else, for the swap
    _poses: dict[tuple[int, int], Pixels] = field(default_factory=dict)

    @cached_property
    def head(self) -> Head:
        return Head(self.picture)

    @cached_property
    def stranger(self) -> Player:
        return Player(self.other, self.picture)

    def pose(self, yaw_deg: float, closed: float) -> Pixels:
        key = (round(yaw_deg / _STEP_DEG), round(closed))
        if key not in self._poses:
            self._poses[key] = self.head.posed(Pose(key[0] * _STEP_DEG, float(key[1])))
        return self._poses[key]

    def actor(self, kind: str, acts: Sequence[Act], seed: int) -> Show:
        """Somebody of this kind, a key of KINDS, who faces a challenge of these acts."""
        return KINDS[kind](self, tuple(acts), np.random.default_rng(seed))


def _body(reaction_s: float) -> Callable[[Act, float], tuple[float, float]]:
    """How a willing person moves: (yaw in full turns, lids) for what is asked; shut eyes open by themselves."""
    asked, since, last = Act.FRONT, 0.0, 0.0
    yaw = lids = 0.0

    def moves(act: Act, at_s: float) -> tuple[float, float]:
        nonlocal asked, since, last, yaw, lids
        if act is not asked:
            asked, since = act, at_s
        over = asked is Act.BLINK and at_s - since > reaction_s + _SHUT_S
        wanted = _TARGETS[asked if at_s - since >= reaction_s and not over else Act.FRONT]
        step = at_s - last
        last = at_s
        yaw += float(np.clip(wanted[0] - yaw, -step * _SPEED_DEG_S / _TURN_DEG, step * _SPEED_DEG_S / _TURN_DEG))
        lids += float(np.clip(wanted[1] - lids, -step * _LIDS_S, step * _LIDS_S))
        return yaw, lids

    return moves


def genuine(player: Player, acts: tuple[Act, ...], dice: np.random.Generator) -> Show:
    moves, turn = _body(_REACTION_S * dice.uniform(0.7, 1.6)), _TURN_DEG * dice.uniform(0.9, 1.2)
    camera = _Camera(dice)

    def show(act: Act, at_s: float) -> Pixels:
        yaw, lids = moves(act, at_s)
        return camera.takes(player.pose(yaw * turn, lids), at_s)

    return show


def _paper(
    tilt_deg: float, bend_deg: float = 0.0, pitch_deg: float = 0.0, *, strip: bool = False, holes: bool = False
) -> Callable[[Player, tuple[Act, ...], np.random.Generator], Show]:
    """A print that is turned to the side that is asked for; for a blink it is tilted back, covered with a strip of
    skin's colour, or has the living eyes of whoever stands behind its holes."""

    def made(player: Player, acts: tuple[Act, ...], dice: np.random.Generator) -> Show:
        moves, camera = _body(_REACTION_S), _Camera(dice)

        def show(act: Act, at_s: float) -> Pixels:
            yaw, lids = moves(act, at_s)
            picture = player.pose(0.0, lids if holes else 0.0)
            if strip and lids > 0.5:
                picture = _covered(picture, player.head)
            return camera.takes(_held(picture, yaw * tilt_deg, lids * pitch_deg, bend_deg), at_s)

        return show

    return made


def _covered(picture: Pixels, head: Head) -> Pixels:
    """A strip over both eyes, in the colour of the cheek below them."""
    points = np.concatenate([line for pair in head.lids for line in pair])
    (x0, y0), (x1, y1) = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    tall = max(2, y1 - y0)
    colour = np.median(picture[y1 + tall : y1 + 2 * tall, x0:x1].reshape(-1, 3), axis=0)
    covered = picture.copy()
    covered[max(0, y0 - tall) : y1 + tall // 2, max(0, x0 - tall) : x1 + tall] = colour
    return covered


def _held(picture: Pixels, yaw_deg: float, pitch_deg: float, bend_deg: float) -> Pixels:
    paper, mask = sheet(picture, yaw_deg=yaw_deg, pitch_deg=pitch_deg, bend_deg=bend_deg)
    room = np.full_like(picture, 120)
    room[mask > 128] = paper[mask > 128]
    return room


def screen_still(player: Player, acts: tuple[Act, ...], dice: np.random.Generator) -> Show:
    moves, camera = _body(_REACTION_S), _Camera(dice)

    def show(act: Act, at_s: float) -> Pixels:
        yaw, _ = moves(act, at_s)
        return camera.takes(_held(_on_screen(player.picture), yaw * 40.0, 0.0, 0.0), at_s)

    return show


def _replayed(recorded: tuple[Act, ...], player: Player, dice: np.random.Generator) -> Show:
    """A video of somebody who answered a challenge of `recorded`, on a screen, again and again."""
    clip, moves, camera = [], _body(0.0), _Camera(dice)
    script = [Act.FRONT] * 12 + [act for one in recorded for act in [one] * 10 + [Act.FRONT] * 9]
    for number, act in enumerate(script):
        yaw, lids = moves(act, number / _CLIP_FPS)
        clip.append(player.pose(yaw * _TURN_DEG, lids))

    def show(act: Act, at_s: float) -> Pixels:
        return camera.takes(_on_screen(clip[int(at_s * _CLIP_FPS) % len(clip)]), at_s)

    return show


def replay_of_any(player: Player, acts: tuple[Act, ...], dice: np.random.Generator) -> Show:
    return _replayed(ORDERS[int(dice.integers(len(ORDERS)))], player, dice)


def replay_that_fits(player: Player, acts: tuple[Act, ...], dice: np.random.Generator) -> Show:
    """Whoever holds the screen plays what is asked, as an operator with all clips or a face swap could."""
    moves, camera = _body(_REACTION_S), _Camera(dice)

    def show(act: Act, at_s: float) -> Pixels:
        yaw, lids = moves(act, at_s)
        return camera.takes(_on_screen(player.pose(yaw * _TURN_DEG, lids)), at_s)

    return show


def swap(player: Player, acts: tuple[Act, ...], dice: np.random.Generator) -> Show:
    """The print is held up until something is asked; then somebody else does it with their own face."""
    moves, camera, lowered = _body(_REACTION_S), _Camera(dice), False

    def show(act: Act, at_s: float) -> Pixels:
        nonlocal lowered
        yaw, lids = moves(act, at_s)
        lowered = lowered or act is not Act.FRONT
        if not lowered:
            return camera.takes(player.picture, at_s)
        return camera.takes(player.stranger.pose(yaw * _TURN_DEG, lids), at_s)

    return show


def _on_screen(picture: Pixels) -> Pixels:
    """As a camera sees a screen: lines of its pixels beating with those of the sensor, and a lamp's reflection."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    beat = 1 + 0.06 * np.sin(2 * math.pi * (x / 5.3 + y / 41.0)) * np.sin(2 * math.pi * y / 4.7)
    lamp = 40 * np.exp(-(((x - 0.75 * width) / (0.2 * width)) ** 2) - ((y - 0.2 * height) / (0.15 * height)) ** 2)
    lit = picture * beat[:, :, np.newaxis] * 1.05 + lamp[:, :, np.newaxis]
    return np.asarray(np.clip(lit, 0, 255), dtype=np.uint8)


class _Camera:
    """Sways with a hand, and has noise."""

    def __init__(self, dice: np.random.Generator) -> None:
        self._dice = dice
        self._phase, self._scale = dice.uniform(0, 6), dice.uniform(0.85, 1.1)

    def takes(self, picture: Pixels, at_s: float) -> Pixels:
        height, width = picture.shape[:2]
        scale = self._scale * (1 + 0.02 * math.sin(1.3 * at_s + self._phase))
        dx, dy = 6 * math.sin(1.7 * at_s + self._phase), 4 * math.cos(1.1 * at_s)
        move = np.array([[scale, 0, dx + (1 - scale) * width / 2], [0, scale, dy + (1 - scale) * height / 2]])
        moved = cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
        noise = self._dice.normal(0.0, 3.0, moved.shape)
        return np.asarray(np.clip(moved + noise, 0, 255), dtype=np.uint8)


GENUINE = "genuine"
KINDS: dict[str, Callable[[Player, tuple[Act, ...], np.random.Generator], Show]] = {
    GENUINE: genuine,
    "print_held_still": _paper(0.0),
    "print_tilted": _paper(45.0, pitch_deg=55.0),
    "print_bent": _paper(40.0, bend_deg=100.0, pitch_deg=50.0),
    "print_with_strip": _paper(45.0, strip=True),
    "print_with_eye_holes": _paper(45.0, bend_deg=100.0, holes=True),
    "screen_still": screen_still,
    "print_then_own_face": swap,
    "video_of_another_answer": replay_of_any,
    "video_that_fits": replay_that_fits,
}
