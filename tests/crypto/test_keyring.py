"""Day tokens: the same within a day, strangers between days, and never both a person's and a plate's."""

from gatehouse.crypto.keyring import (
    bearer_hash,
    derive,
    person_day_key,
    person_token,
    plate_token,
    pseudonym,
    token_key,
)

# What version 1 of these functions yields; held so that it never drifts.
VECTOR_DERIVE = "ee0db42a8e7c47b0ad25e8a677a8d1e01f080449311c53134f2d55de9b304031"
VECTOR_PERSON = "aa1cdf8777194823459971c60acf4465"
VECTOR_PLATE = "8c830b6055227f7a1dd1597e31569d5e"
VECTOR_PSEUDONYM = "cf3af0fc81b691cb74e7a64a7e758b16"
VECTOR_BEARER = "107cfbe1725fd482e72cd15a07f825d4b0e954241be16f1dfa473143cf388d89"
MONDAY, TUESDAY = b"m" * 32, b"t" * 32
ANN, BEN = token_key(b"a" * 32), token_key(b"b" * 32)


def test_a_person_has_one_token_a_day_and_another_the_next() -> None:
    assert person_token(MONDAY, ANN) == person_token(MONDAY, ANN)
    assert person_token(MONDAY, ANN) != person_token(TUESDAY, ANN)
    assert person_token(MONDAY, ANN) != person_token(MONDAY, BEN)
    assert len(person_token(MONDAY, ANN)) == 16


def test_a_plate_token_is_never_a_persons() -> None:
    assert plate_token(MONDAY, ANN.decode("latin-1")) != person_token(MONDAY, ANN)
    assert plate_token(MONDAY, "x") != person_token(MONDAY, b"x")


def test_a_passages_key_needs_both_halves() -> None:
    both = person_day_key(MONDAY, b"a" * 32)
    assert both != person_day_key(TUESDAY, b"a" * 32)
    assert both != person_day_key(MONDAY, b"b" * 32)
    assert both not in (MONDAY, b"a" * 32)


def test_keys_for_different_purposes_and_contexts_differ() -> None:
    key = b"k" * 32
    made = {
        derive(key, "one/1"),
        derive(key, "two/1"),
        derive(key, "one/1", b"ab", b"c"),
        derive(key, "one/1", b"a", b"bc"),
    }
    assert len(made) == 4


def test_derivation_is_frozen() -> None:
    """Stored data hangs on these bytes: a change here is a new version, never an edit."""
    assert derive(b"\x00" * 32, "vector/1", b"x").hex() == VECTOR_DERIVE
    assert person_token(b"\x01" * 32, token_key(b"\x02" * 32)).hex() == VECTOR_PERSON
    assert plate_token(b"\x01" * 32, "京A12345").hex() == VECTOR_PLATE
    assert pseudonym(b"\x03" * 32, "person-1").hex() == VECTOR_PSEUDONYM
    assert bearer_hash("code").hex() == VECTOR_BEARER
