"""The most probable plate of a grammar in a recogniser's steps: CTC's best path, per position a set.

Connectionist temporal classification (Graves 2006): a path gives every step a character or blank; runs of
one character are one character; the same character twice needs a blank between. Here the path must also
spell one of the given shapes. All shapes are followed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.grammar import Shape
from gatehouse.vision.letters import ALPHABET
from gatehouse.vision.sessions import Floats

_FLOOR = 1e-7
_NEVER = np.float32(-1e9)
# How the best path came to a character: it stayed, it came from a blank, from the character before.
_STAYED, _FROM_BLANK, _FROM_BEST, _FROM_SECOND = range(4)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One spelling. `score` is the path's mean log probability per step plus the shape's weight per step;
    `confidence` the probability of its least sure character, in [0, 1]; `positions` (length,
    len(ALPHABET)) the probabilities of every character at every position."""

    text: str
    shape: Shape
    score: float
    confidence: float
    positions: Floats = field(repr=False, compare=False)


class Decoder:
    """Prepared for one set of shapes; safe to share between threads."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = tuple(shapes)
        self._lengths = np.array([len(shape) for shape in self.shapes], dtype=np.intp)
        longest = int(self._lengths.max(initial=1))
        used = np.zeros(len(ALPHABET), dtype=np.bool_)
        for shape in self.shapes:
            used |= shape.allowed.any(axis=0)
        self._symbols = np.flatnonzero(used)
        self._mask = np.full((len(self.shapes), longest, self._symbols.size), _NEVER, dtype=np.float32)
        for row, shape in zip(self._mask, self.shapes, strict=True):
            row[: len(shape)][shape.allowed[:, self._symbols]] = 0.0

    def decode(self, steps: Floats) -> list[Decoded]:
        """The best spelling of every shape that fits into the steps, best score first.

        `steps` is (T, len(ALPHABET)), rows summing to 1.
        """
        if not self.shapes or not len(steps):
            return []
        logs = np.log(np.maximum(steps, _FLOOR))
        characters, blanks, came, blank_came = self._forward(logs)
        rows = np.arange(len(self.shapes))
        at_last = characters[rows, self._lengths - 1].max(axis=1)
        at_blank = blanks[rows, self._lengths]
        totals = np.maximum(at_last, at_blank)
        found = []
        for row, shape in enumerate(self.shapes):
            if totals[row] <= _NEVER / 2:
                continue
            last = int(characters[row, len(shape) - 1].argmax())
            ended_blank = bool(at_blank[row] >= at_last[row])
            path = self._trace(row, last, ended_blank, came, blank_came)
            score = (float(totals[row]) + shape.weight) / len(steps)
            found.append(self._spelled(shape, path, score, steps))
        found.sort(key=lambda one: -one.score)
        return found

    def _forward(
        self, logs: Floats
    ) -> tuple[Floats, Floats, list[NDArray[np.uint8]], list[tuple[NDArray[np.bool_], NDArray[np.intp]]]]:
        shapes, longest, symbols = self._mask.shape
        characters = np.full((shapes, longest, symbols), _NEVER, dtype=np.float32)
        blanks = np.full((shapes, longest + 1), _NEVER, dtype=np.float32)
        blanks[:, 0] = 0.0
        came: list[NDArray[np.uint8]] = []
        blank_came: list[tuple[NDArray[np.bool_], NDArray[np.intp]]] = []
        every = np.arange(symbols)
        for log in logs:
            best = characters.argmax(axis=2)
            top = np.take_along_axis(characters, best[:, :, None], axis=2)[:, :, 0]
            without = characters.copy()
            np.put_along_axis(without, best[:, :, None], _NEVER, axis=2)
            second = without.argmax(axis=2)
            runner = np.take_along_axis(without, second[:, :, None], axis=2)[:, :, 0]
            # The character before: the best one that differs, for position 0 none.
            differs = np.full_like(characters, _NEVER)
            same = every == best[:, :-1, None]
            differs[:, 1:] = np.where(same, runner[:, :-1, None], top[:, :-1, None])
            source = np.where(blanks[:, :-1, None] > characters, _FROM_BLANK, _STAYED).astype(np.uint8)
            value = np.maximum(characters, blanks[:, :-1, None])
            step = np.full(characters.shape, _FROM_BEST, dtype=np.uint8)
            step[:, 1:][same] = _FROM_SECOND
            source = np.where(differs > value, step, source)
            value = np.maximum(value, differs)
            after = np.full_like(blanks, _NEVER)
            after[:, 1:] = top
            blank_came.append((after > blanks, np.stack([best, second])))
            blanks = np.maximum(blanks, after) + log[0]
            characters = np.maximum(value + log[self._symbols] + self._mask, _NEVER)
            came.append(source)
        return characters, blanks, came, blank_came

    def _trace(
        self,
        row: int,
        last: int,
        ended_blank: bool,
        came: list[NDArray[np.uint8]],
        blank_came: list[tuple[NDArray[np.bool_], NDArray[np.intp]]],
    ) -> list[tuple[int, int]]:
        """Per step (position, symbol row); symbol -1 is blank, and its position counts characters before."""
        position, symbol = (len(self.shapes[row]), -1) if ended_blank else (len(self.shapes[row]) - 1, last)
        path: list[tuple[int, int]] = []
        for step in range(len(came) - 1, -1, -1):
            path.append((position, symbol))
            was_character, (best, second) = blank_came[step]
            if symbol < 0:
                if was_character[row, position]:
                    position -= 1
                    symbol = int(best[row, position])
                continue
            how = came[step][row, position, symbol]
            if how == _FROM_BLANK:
                symbol = -1
            elif how != _STAYED:
                position -= 1
                symbol = int((best if how == _FROM_BEST else second)[row, position])
        path.reverse()
        return path

    def _spelled(self, shape: Shape, path: list[tuple[int, int]], score: float, steps: Floats) -> Decoded:
        positions = np.zeros((len(shape), len(ALPHABET)), dtype=np.float32)
        spelled = {position: int(self._symbols[symbol]) for position, symbol in path if symbol >= 0}
        sure = np.full(len(shape), -1.0, dtype=np.float32)
        skipped = 1.0
        for row, (position, symbol) in zip(steps, path, strict=True):
            if symbol >= 0:
                if row[spelled[position]] > sure[position]:
                    sure[position] = row[spelled[position]]
                    positions[position] = row
                continue
            # A character that the shape has no room for makes the whole as unsure as that one was sure;
            # the runs of its neighbours may reach into the blank.
            other = int(row[1:].argmax()) + 1
            if other not in (spelled.get(position - 1), spelled.get(position)):
                skipped = min(skipped, 1.0 - float(row[other]))
        text = "".join(ALPHABET[spelled[position]] for position in range(len(shape)))
        return Decoded(text, shape, score, min(skipped, float(sure.min())), positions)
