"""A mutant is one textual change of one module of the domain, loaded beside an otherwise fresh copy of the domain."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

import gatehouse
import gatehouse.domain

ROOM = "gatehouse.domain"
SOURCES = Path(gatehouse.domain.__file__).parent


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in `module`, once."""

    says: str
    module: str
    old: str
    new: str

    def source(self) -> str:
        text = (SOURCES / f"{self.module}.py").read_text("utf-8")
        assert text.count(self.old) == 1, f"{self.module} does not say {self.old!r} once: mend the mutant"
        return text.replace(self.old, self.new)


class _Changed(MetaPathFinder, Loader):
    def __init__(self, mutant: Mutant) -> None:
        self.name, self.text = f"{ROOM}.{mutant.module}", mutant.source()

    def find_spec(self, fullname, path, target=None):
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, self.name, "exec"), vars(module))


@contextmanager
def fresh_domain(mutant: Mutant | None) -> Iterator[None]:
    """Imports of the domain give a copy of its own, changed by the mutant, until the block ends."""
    kept = {name: module for name, module in sys.modules.items() if name == ROOM or name.startswith(f"{ROOM}.")}
    finders = [_Changed(mutant)] if mutant else []
    for name in kept:
        del sys.modules[name]
    sys.meta_path[:0] = finders
    try:
        yield
    finally:
        for finder in finders:
            sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == ROOM or name.startswith(f"{ROOM}.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        gatehouse.domain = kept[ROOM]


def failed(checks: Iterable[Callable[[], None]]) -> str | None:
    """The first check that fails, by name; a mutant may break it in any way."""
    for check in checks:
        try:
            check()
        except Exception as fault:  # noqa: BLE001 - see above
            return f"{check.__name__}: {type(fault).__name__}"
    return None
