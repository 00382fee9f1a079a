import os

import pytest
from tests.edge.world import EDGE, SITE, World

from gatehouse.edge import config
from gatehouse.edge.errors import AlreadyInitialised, AlreadyRunning, EdgeError, NotInitialised, UnsafeKey


def test_a_new_home_holds_a_key_that_only_its_user_reads(tmp_path):
    public = World(tmp_path).init("https://gatehouse.example/")
    key = tmp_path / "edge" / "device.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "edge").stat().st_mode & 0o777 == 0o700
    loaded, keys = config.load(tmp_path)
    assert (loaded.edge, loaded.site, loaded.server_url) == (EDGE, SITE, "https://gatehouse.example")
    assert keys.public() == public == config.public_keys(tmp_path)


def test_a_key_that_may_be_enrolled_is_never_overwritten(tmp_path):
    world = World(tmp_path)
    public = world.init()
    with pytest.raises(AlreadyInitialised):
        world.init()
    assert config.public_keys(tmp_path) == public


def test_a_key_that_others_can_read_is_not_used(tmp_path):
    World(tmp_path).init()
    (tmp_path / "edge" / "device.key").chmod(0o640)
    with pytest.raises(UnsafeKey):
        config.load(tmp_path)


def test_a_torn_key_is_not_used(tmp_path):
    World(tmp_path).init()
    key = tmp_path / "edge" / "device.key"
    key.write_bytes(key.read_bytes()[:40])
    with pytest.raises(UnsafeKey):
        config.load(tmp_path)


@pytest.mark.parametrize("cut_at", [0, 1, 2])
def test_an_edge_whose_making_was_broken_off_is_made_anew(tmp_path, monkeypatch, cut_at):
    """A power cut between its files, or in the middle of one."""
    world, done, fsync = World(tmp_path), [], os.fsync

    def cut(handle):
        if len(done) == cut_at:
            raise SystemExit
        done.append(fsync(handle))

    with monkeypatch.context() as cutting:
        cutting.setattr(os, "fsync", cut)
        with pytest.raises(SystemExit):
            world.init()
    assert not config.is_initialised(tmp_path)
    public = world.init()
    assert config.load(tmp_path)[1].public() == public


@pytest.mark.parametrize("missing", ["device.key", "edge.json"])
def test_half_an_edge_is_none(tmp_path, missing):
    World(tmp_path).init()
    (tmp_path / "edge" / missing).unlink()
    with pytest.raises(NotInitialised):
        config.load(tmp_path)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"server_url": 1}', '{"server_url": "http://a", "edge": "e", "secret": "x"}']
)
def test_settings_that_are_none_are_refused(tmp_path, text):
    World(tmp_path).init()
    (tmp_path / "edge" / "edge.json").write_text(text)
    with pytest.raises(EdgeError):
        config.load(tmp_path)


@pytest.mark.parametrize(
    ("url", "edge", "key"), [("ftp://x", "e", 32), ("http://", "e", 32), ("http://x", "a.b", 32), ("http://x", "e", 31)]
)
def test_a_home_is_not_made_of_nonsense(tmp_path, url, edge, key):
    with pytest.raises(EdgeError):
        config.init(tmp_path, url, edge=edge, site="s", keeper_seal_key=b"k" * key, keeper_verify_key=b"k" * 32)
    assert not (tmp_path / "edge").exists()


def test_only_one_process_works_at_a_home(tmp_path):
    World(tmp_path).init()
    claimed = config.claim(tmp_path)
    with pytest.raises(AlreadyRunning):
        config.claim(tmp_path)
    claimed.close()
    config.claim(tmp_path).close()
