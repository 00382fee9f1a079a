"""What was sealed, signed and issued under version 1 is read today as it was then (tests/vectors/crypto.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.letters import hpke_open, verify_letter
from gatehouse.crypto.sealing import KeyKind, KeyRef, open_cell, read_ref, unwrap
from gatehouse.crypto.signing import DeviceKeys, read_request, verify_request
from gatehouse.crypto.tokens import Flaw, check

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "crypto.json").read_text("utf-8"))
KEY = bytes.fromhex(VECTORS["key"])
DEVICE = DeviceKeys.from_bytes(bytes.fromhex(VECTORS["device"]))
CODES = {Malformed: "malformed", Unreadable: "unreadable"}


@pytest.mark.parametrize("case", VECTORS["cells"])
def test_a_cell_of_version_1(case: dict[str, str]) -> None:
    cell = bytes.fromhex(case["cell"])
    try:
        data = open_cell(KEY, cell, label=case["label"], row=case["row"], buckets=(32,))
    except (Malformed, Unreadable) as fault:
        result = CODES[type(fault)]
    else:
        result = "ok"
        assert data.decode() == "京A12345"
        assert read_ref(cell) == KeyRef(KeyKind.SITE_DAY_PERSON, "0199c0de-0000-7000-8000-000000000001", 739_000)
    assert result == case["result"]


@pytest.mark.parametrize("case", VECTORS["wraps"])
def test_a_wrapped_key_of_version_1(case: dict[str, str]) -> None:
    try:
        key = unwrap(KEY, case["name"], bytes.fromhex(case["wrapped"]))
    except (Malformed, Unreadable) as fault:
        result = CODES[type(fault)]
    else:
        result = "ok"
        assert key == bytes(32)
    assert result == case["result"]


@pytest.mark.parametrize("case", VECTORS["letters"])
def test_a_letter_of_version_1(case: dict[str, str]) -> None:
    body, aad = bytes.fromhex(case["body"]), case["aad"].encode()
    signed = verify_letter(
        body,
        bytes.fromhex(case["signature"]),
        aad=aad,
        context=b"gatehouse letter signature/1",
        verify_key=DEVICE.public().sign_key,
    )
    assert ("ok" if signed else "bad_signature") == case["result"]
    if signed:
        assert hpke_open(body, info=b"gatehouse letter/1", aad=aad, private_key=DEVICE.seal_key) == b"body"


@pytest.mark.parametrize("case", VECTORS["tokens"])
def test_a_pass_of_version_1(case: dict[str, Any]) -> None:
    found = check(case["text"], case["kind"], DEVICE.public().sign_key, case["now"])
    assert (str(found) if isinstance(found, Flaw) else "ok") == case["result"]


@pytest.mark.parametrize("case", VECTORS["requests"])
def test_a_request_header_of_version_1(case: dict[str, str]) -> None:
    proof = read_request(case["header"])
    assert proof is not None
    assert proof.edge == "edge-1"
    signed = verify_request(
        DEVICE.public().sign_key, proof, method=case["method"], target=case["target"], body=case["body"].encode()
    )
    assert ("ok" if signed else "bad_signature") == case["result"]
