"""The Redis the distributed tests run on."""

import redis


def test_the_redis_of_the_tests_answers(redis_url: str) -> None:
    assert redis.Redis.from_url(redis_url).ping()
