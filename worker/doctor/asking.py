"""Questions to outsiders, several at once: each may take seconds, and with many shops there are hundreds."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from worker.doctor.checks import Check

AT_ONCE = 16
Question = Callable[[], list[Check]]


def answers(questions: Iterable[Question | Check]) -> list[Check]:
    """What was found, in the order of the questions; what is known already stays as it is.

    Questions may not touch the database.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as pool:
        return [check for found in pool.map(_answer, questions) for check in found]


def _answer(question: Question | Check) -> list[Check]:
    return [question] if isinstance(question, Check) else question()
