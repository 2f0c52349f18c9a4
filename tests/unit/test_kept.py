"""What is kept in memory stays a bounded number."""

from worker.kept import Kept


def test_the_value_that_was_put_first_goes_first() -> None:
    kept = Kept[int, str](3)
    for number in range(5):
        assert kept.put(number, str(number)) == str(number)
    assert [kept.get(number) for number in range(5)] == [None, None, "2", "3", "4"]
    assert len(kept) == 3


def test_a_value_that_is_put_again_costs_no_other() -> None:
    kept = Kept[int, str](2)
    for number in (1, 2, 2):
        kept.put(number, "new")
    assert (kept.get(1), kept.get(2)) == ("new", "new")
