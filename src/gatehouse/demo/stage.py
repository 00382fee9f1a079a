"""The demo's hardware: a camera and a relay per gate, each a program on a socket, and what people do before them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from gatehouse.clock import monotonic_s
from gatehouse.demo.camera_sim import CameraSimulator
from gatehouse.devices.relays.shelly_sim import ShellySimulator
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import decode_picture

FPS = 8.0
LOOP = 0  # the relay's input that feels a car on the loop, or a door leaf
APPROACH_S = 2.6  # how long somebody takes to come up to a gate
LEAVES_S = 1.2
ON_LOOP_S = 1.3  # a car of 4.5 m at walking pace


@dataclass
class Spot:
    """One gate's camera and relay. Orders go over HTTP, as a person with a browser would give them."""

    gate: str
    view: str  # lane | door
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    camera: CameraSimulator = field(init=False)
    relay: ShellySimulator = field(init=False)

    def __post_init__(self) -> None:
        self.camera = CameraSimulator(self.view, fps=FPS).start()
        self.relay = ShellySimulator(password=self.password).start()

    def stop(self) -> None:
        self.camera.stop()
        self.relay.stop()

    @property
    def stream(self) -> str:
        return f"{self.camera.address}/stream.ts"

    @property
    def pulses(self) -> int:
        """How often the relay has opened this gate so far."""
        return int(self.relay.device.report()["pulses"])

    def person_comes(self, portrait: str | None, seed: int = 0) -> None:
        self._play({"scene": "person", "portrait": portrait, "seconds": APPROACH_S, "seed": seed, "then": "stand"})

    def phone_comes(self, text: str, seed: int = 0) -> None:
        self._play({"scene": "phone", "text": text, "seconds": APPROACH_S, "seed": seed, "then": "stand"})

    def car_comes(self, plate: str, seed: int = 0) -> None:
        self._play({"scene": "car", "plate": plate, "seconds": APPROACH_S, "seed": seed, "then": "stand"})

    def car_leaves(self, plate: str, seed: int = 0) -> None:
        """The car drives over the loop and away."""
        self._play({"scene": "car_leaves", "plate": plate, "seconds": LEAVES_S, "seed": seed, "then": "clear"})
        self.relay.device.set_input(LOOP, True)
        threading.Event().wait(ON_LOOP_S)
        self.relay.device.set_input(LOOP, False)

    def goes_away(self) -> None:
        httpx.post(f"{self.camera.address}/clear", timeout=5).raise_for_status()

    def faces_detected(self) -> int:
        """Faces in the picture that the camera sends at this moment."""
        answer = httpx.get(f"{self.camera.address}/snapshot.jpg", timeout=5).raise_for_status()
        return len(read_faces(decode_picture(answer.content)))

    def _play(self, order: dict[str, object]) -> None:
        httpx.post(f"{self.camera.address}/play", json=order, timeout=5).raise_for_status()


class Stage:
    """All gates of the demo site."""

    def __init__(self) -> None:
        views = {"office": "door", "turnstile-in": "door", "turnstile-out": "door", "entry": "lane", "exit": "lane"}
        self.spots = {gate: Spot(gate, view) for gate, view in views.items()}

    def __getitem__(self, gate: str) -> Spot:
        return self.spots[gate]

    def stop(self) -> None:
        for spot in self.spots.values():
            spot.stop()


class TooSlow(RuntimeError):
    """Something that should have happened did not, in the time given."""


def wait_for(what: str, happened: Callable[[], object], within_s: float = 45.0) -> None:
    """Returns when `happened()` is true; raises TooSlow naming `what`."""
    deadline = monotonic_s() + within_s
    pause = threading.Event()
    while not happened():
        if monotonic_s() > deadline:
            raise TooSlow(f"{what}: not within {within_s:.0f} s")
        pause.wait(0.05)
