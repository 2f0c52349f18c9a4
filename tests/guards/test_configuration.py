"""Configuration guards itself: what is named is used, what is used is named."""

from worker import queues


def test_every_task_has_a_queue_and_every_queue_is_known() -> None:
    tasks = {value for value in vars(queues).values() if isinstance(value, str) and value.startswith("postpurchase.")}
    assert tasks == set(queues.QUEUE_OF)
    assert set(queues.QUEUE_OF.values()) <= set(queues.QUEUES)
