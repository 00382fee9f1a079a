"""One portrait as a head that turns and closes its eyes, and as a sheet of paper that is tilted and bent.

For `evaluate_liveness` and tests only. A `Head` is the portrait on FaceMesh's own geometry: an honest turn of the face,
with a background that is dragged along. It is synthetic, and no photo of anybody who turned their head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.blaze import BACK, SHORT, find_faces
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import Pixels
from gatehouse.vision.liveness import lids
from gatehouse.vision.mesh import fit_mesh

Points = NDArray[np.float64]

# FaceMesh's outline of the face, in order around it.
_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
# The skin above the eye that is drawn down over it begins so far above the lid, in heights of the open eye.
_FOLD, _MARGIN = 0.7, 0.35
# Rings around the face: how far out, how far back in halves of its width, and how much of the movement they take.
_RINGS = ((1.2, 0.5, 1.0), (1.45, 1.0, 0.8), (1.9, 1.3, 0.35))
_AXIS = 0.6  # the neck's axis lies so far behind the middle of the face, in its widths
_EYE_POINT = 4.0  # and the camera so many of them before it


@dataclass(frozen=True, slots=True)
class Pose:
    """`yaw_deg`: turned to their own left is positive. `closed` in [0, 1]: of both eyes."""

    yaw_deg: float = 0.0
    closed: float = 0.0


class Head:
    """A portrait that can be posed. Raises BadFrame where no face is found."""

    def __init__(self, picture: Pixels) -> None:
        boxes = find_faces(picture, SHORT) or find_faces(picture, BACK)
        if not boxes:
            raise BadFrame("there is no face in this portrait")
        self.picture = picture
        self.lids = lids(picture, read_faces(picture)[0])
        mesh = fit_mesh(picture, boxes[0]).points.astype(np.float64)
        self._width = float(np.ptp(mesh[:, 0]))
        self._middle = mesh[list(_OVAL)].mean(axis=0)
        height, width = picture.shape[:2]
        rings, shares = [mesh], [np.ones(len(mesh))]
        outline = mesh[list(_OVAL)]
        for out, back, share in _RINGS:
            ring = self._middle + (outline - self._middle) * (out, out, 1.0)
            ring[:, 2] += back * self._width / 2
            inside = (ring[:, 0] > 1) & (ring[:, 0] < width - 2) & (ring[:, 1] > 1) & (ring[:, 1] < height - 2)
            rings.append(ring[inside])
            shares.append(np.full(int(inside.sum()), share))
        edge = [(x, y, self._width) for x in np.linspace(0, width - 1, 7) for y in (0, height - 1)]
        edge += [(x, y, self._width) for y in np.linspace(0, height - 1, 7)[1:-1] for x in (0, width - 1)]
        rings.append(np.array(edge, dtype=np.float64))
        shares.append(np.zeros(len(edge)))
        self._points, self._share = np.concatenate(rings), np.concatenate(shares)
        self._triangles = _triangles(self._points[:, :2], (width, height))

    def posed(self, pose: Pose) -> Pixels:
        """The portrait with the head so; the size of the picture stays."""
        picture = self._with_lids(pose.closed) if pose.closed > 0 else self.picture
        if not pose.yaw_deg:
            return picture
        return _drawn(picture, self._points[:, :2], self._turned(self._points, pose.yaw_deg), self._triangles)

    def _with_lids(self, closed: float) -> Pixels:
        """Both upper lids drawn down: the skin above is stretched over the eye, its lower edge dark with lashes."""
        picture = self.picture.copy()
        for upper, lower in self.lids:
            _draw_down(picture, self.picture, upper.astype(np.float64), lower.astype(np.float64), closed)
        return picture

    def _turned(self, points: Points, yaw_deg: float) -> Points:
        axis = self._middle + np.array([0.0, 0.0, _AXIS * self._width])
        turn = math.radians(yaw_deg)
        at = points - axis
        x = at[:, 0] * math.cos(turn) - at[:, 2] * math.sin(turn)
        z = at[:, 2] * math.cos(turn) + at[:, 0] * math.sin(turn)
        # Perspective, as the change against the portrait itself, which was taken by a camera too.
        far = _EYE_POINT * self._width
        scale = (far + at[:, 2]) / np.maximum(far / 4, far + z)
        turned = np.column_stack([x * scale, at[:, 1] * scale, z]) + axis
        return cast(Points, points + (turned - points) * self._share[:, np.newaxis])


def _draw_down(picture: Pixels, of: Pixels, upper: Points, lower: Points, closed: float) -> None:
    """Close one eye of `picture`, which began as `of`, by this much. Lids are lines of (x, y)."""
    height = float(np.max(lower[:, 1]) - np.min(upper[:, 1]))
    grow = _MARGIN * height
    x = np.arange(math.floor(lower[0, 0]), math.ceil(lower[-1, 0]) + 1)
    top = np.interp(x, upper[:, 0], upper[:, 1]) - grow
    bottom = np.interp(x, lower[:, 0], lower[:, 1]) + grow
    edge = top + closed * (bottom - top)
    begins = top - _FOLD * height
    rows = np.arange(math.floor(begins.min()), math.ceil(bottom.max()) + 1)[:, np.newaxis]
    from_y = begins + (rows - begins) * (top - begins) / np.maximum(edge - begins, 1.0)
    from_x = np.broadcast_to(x, from_y.shape)
    skin = cv2.remap(of, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR).astype(np.float64)
    skin *= 1 - 0.6 * np.exp(-(((rows - edge) / max(1.0, 0.1 * height)) ** 2))[:, :, np.newaxis]
    inside = (rows >= begins) & (rows <= edge + 1)
    part = picture[rows[0, 0] : rows[-1, 0] + 1, x[0] : x[-1] + 1]
    part[inside] = skin[inside].astype(np.uint8)


def _triangles(points: Points, size: tuple[int, int]) -> NDArray[np.int64]:
    plan = cv2.Subdiv2D((-10, -10, size[0] + 20, size[1] + 20))
    place: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(points.astype(np.float32)):
        if place.setdefault((float(x), float(y)), number) == number:
            plan.insert((float(x), float(y)))
    found = np.asarray(plan.getTriangleList(), dtype=np.float32).reshape(-1, 3, 2)
    rows = [[place.get((float(x), float(y))) for x, y in corners] for corners in found]
    return np.array([row for row in rows if None not in row], dtype=np.int64)


def _drawn(picture: Pixels, source: Points, moved: Points, triangles: NDArray[np.int64]) -> Pixels:
    """The picture with every triangle where its corners went, the nearest over those behind it."""
    height, width = picture.shape[:2]
    from_x, from_y = (axis.astype(np.float32) for axis in np.meshgrid(np.arange(width), np.arange(height)))
    order = np.argsort(-moved[triangles, 2].mean(axis=1))
    for corners in triangles[order]:
        to, of = moved[corners, :2], source[corners]
        (ax, ay), (bx, by) = to[1] - to[0], to[2] - to[0]
        area = ax * by - bx * ay
        (cx, cy), (dx, dy) = of[1] - of[0], of[2] - of[0]
        own = cx * dy - cy * dx
        if abs(area) < 0.05 or (area > 0) != (own > 0):  # seen from behind, or no longer seen
            continue
        low = np.maximum(np.floor(to.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(to.max(axis=0)).astype(int) + 1, (width, height))
        if (high <= low).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]) - to[0, 0], np.arange(low[1], high[1]) - to[0, 1])
        one, two = (x * by - y * bx) / area, (y * ax - x * ay) / area
        inside = (one >= -1e-3) & (two >= -1e-3) & (one + two <= 1.001)
        for axis, filled in enumerate((from_x, from_y)):
            values = of[0, axis] + one * (of[1, axis] - of[0, axis]) + two * (of[2, axis] - of[0, axis])
            filled[low[1] : high[1], low[0] : high[0]][inside] = values[inside]
    return np.asarray(cv2.remap(picture, from_x, from_y, cv2.INTER_LINEAR), dtype=np.uint8)


def sheet(
    picture: Pixels, *, yaw_deg: float = 0.0, pitch_deg: float = 0.0, bend_deg: float = 0.0
) -> tuple[Pixels, Pixels]:
    """The picture as a sheet that is turned, tilted back, and bent around an upright cylinder of which it covers
    `bend_deg`; and a mask (255 where the sheet is). The size of the picture stays, its middle stays in place."""
    columns = _turned_columns(picture, yaw_deg, bend_deg)
    whole = _turned_columns(np.full(picture.shape, 255, np.uint8), yaw_deg, bend_deg)
    if pitch_deg:
        columns, whole = _tilted(columns, pitch_deg), _tilted(whole, pitch_deg)
    return columns, np.asarray(whole[:, :, 0], dtype=np.uint8)


def _turned_columns(picture: Pixels, yaw_deg: float, bend_deg: float) -> Pixels:
    height, width = picture.shape[:2]
    u = np.arange(width) - (width - 1) / 2
    if bend_deg:
        radius = width / math.radians(bend_deg)
        x, z = radius * np.sin(u / radius), radius * (1 - np.cos(u / radius))
    else:
        x, z = u.astype(np.float64), np.zeros(width)
    turn, far = math.radians(yaw_deg), 3.0 * width
    x, z = x * math.cos(turn) - z * math.sin(turn), z * math.cos(turn) + x * math.sin(turn)
    scale = far / (far + z)
    across = x * scale
    # Beyond the bend's horizon the sheet is hidden behind itself.
    middle = width // 2
    rises = np.diff(across) > 1e-6
    last = middle + int(np.argmin(np.append(rises[middle:], False)))
    first = middle - int(np.argmin(np.append(rises[:middle][::-1], False)))
    seen = slice(first, last + 1)
    to = np.arange(width) - (width - 1) / 2
    column = np.interp(to, across[seen], np.arange(width)[seen], left=-1e4, right=-1e4)
    tall = np.interp(to, across[seen], scale[seen])
    row = (np.arange(height)[:, np.newaxis] - (height - 1) / 2) / tall + (height - 1) / 2
    wide = np.broadcast_to(column, (height, width)).astype(np.float32)
    return np.asarray(cv2.remap(picture, wide, row.astype(np.float32), cv2.INTER_LINEAR), dtype=np.uint8)


def _tilted(picture: Pixels, pitch_deg: float) -> Pixels:
    return np.ascontiguousarray(
        _turned_columns(np.ascontiguousarray(picture.transpose(1, 0, 2)), pitch_deg, 0.0).transpose(1, 0, 2)
    )
