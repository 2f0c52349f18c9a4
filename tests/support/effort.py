"""How hard the searching tests try: briefly in the suite, long with `--hypothesis-profile=long`."""

from hypothesis import settings

SHORT, LONG = "short", "long"
TIMES = 40


def is_long() -> bool:
    return settings.get_current_profile_name() == LONG


def effort(examples: int) -> int:
    """So many examples in the suite, many more in the long form."""
    return examples * (TIMES if is_long() else 1)
