"""When something runs low: the customer's own rhythm before the merchant's word before others'."""

from datetime import UTC, datetime, timedelta

from schedules.refills import due_at

DAY = timedelta(days=1)
FIRST = datetime(2031, 1, 1, tzinfo=UTC)


def test_the_customers_own_rhythm_counts_first() -> None:
    bought = [FIRST, FIRST + 20 * DAY, FIRST + 44 * DAY, FIRST + 66 * DAY]
    assert due_at(bought, refill_days=90, others_days=10) == FIRST + 88 * DAY


def test_a_second_order_of_the_same_days_is_no_rhythm() -> None:
    assert due_at([FIRST, FIRST + DAY], refill_days=50) == FIRST + 41 * DAY


def test_the_merchants_word_counts_four_fifths_of_what_one_lasts_and_more_pieces_last_longer() -> None:
    assert due_at([FIRST], refill_days=50, others_days=10) == FIRST + 40 * DAY
    assert due_at([FIRST], quantity=2, refill_days=50) == FIRST + 80 * DAY


def test_else_others_tell_and_without_them_nobody_can_say() -> None:
    assert due_at([FIRST], others_days=31.0) == FIRST + 31 * DAY
    assert due_at([FIRST]) is None
    assert due_at([], refill_days=50) is None


def test_what_would_last_longer_than_the_calendar_does_is_due_far_away() -> None:
    """As where a barcode stands in the column of days, or a wholesaler buys thousands."""
    assert due_at([FIRST], refill_days=400_638_133_393) == FIRST + 3650 * DAY
    assert due_at([FIRST], quantity=1_000_000, refill_days=365) == FIRST + 3650 * DAY
