"""What can go wrong with the world of this room. Refused reads are answers (empty lists), not errors."""


class VisionError(Exception):
    """Base of everything that this room raises on purpose."""

    code = "vision.error"


class ModelMissing(VisionError):
    """A model file is not in the cache. `make setup` fetches it; after that nothing needs a network."""

    code = "vision.model_missing"

    def __init__(self, name: str, home: str) -> None:
        super().__init__(f"model file {name!r} is not in {home}: run `make setup`")
        self.name = name


class ModelRefused(VisionError):
    """A file does not have the SHA-256 or the structure that its manifest states; it is never used."""

    code = "vision.model_refused"


class BadFrame(VisionError):
    """What was handed in is not an image: wrong type, wrong number of dimensions or channels."""

    code = "vision.bad_frame"


class BadLabels(VisionError):
    """A labels file for an evaluation is not a list of {file, label, country}."""

    code = "vision.bad_labels"
