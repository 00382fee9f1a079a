"""China's unified social credit code, by which a company asks for its invoice (GB 32100-2015)."""

_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 characters: without I, O, S, V and Z
_LENGTH = 18
_WEIGHTS = tuple(pow(3, place, 31) for place in range(_LENGTH - 1))


def clean_code(text: str) -> str:
    """As it is written on a licence: upper case, without spaces and dashes."""
    return "".join(text.split()).replace("-", "").upper()


def is_social_credit_code(text: str) -> bool:
    """Whether the 18 characters carry their own check character. False for another length or alphabet."""
    code = clean_code(text)
    if len(code) != _LENGTH or any(character not in _DIGITS for character in code):
        return False
    return code[-1] == check_character(code)


def check_character(code: str) -> str:
    """The eighteenth character for the first seventeen of `code`."""
    weighted = sum(_DIGITS.index(one) * weight for one, weight in zip(code, _WEIGHTS, strict=False))
    return _DIGITS[(31 - weighted % 31) % 31]
