"""A disk that is full under PostgreSQL: webhooks are refused so that they come again, and nothing else changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest

from tests.proof.checker import check
from tests.proof.conftest import MakeSite
from tests.proof.databases import fill_disk_of, fill_log_of
from tests.proof.reading import PROOF_LOG
from tests.proof.site import ROLES, Site
from tests.proof.test_kills import PATIENCE_S, hand_over
from tests.support.journal import read_journal

pytestmark = pytest.mark.timeout(600)


def test_what_meets_a_full_disk_comes_again_and_nothing_is_lost_or_doubled(make_site: MakeSite) -> None:
    site, numbers = make_site("distributed", is_on_small_disk=True), count(1)
    for role in ROLES["distributed"]:
        site.start(role)
    site.wait_ready()
    refused = []
    for befall in (fill_disk_of, fill_log_of):
        hand_over_while(site, befall, numbers)
        refused.append(len(read_journal(site.folder / PROOF_LOG, "turned_away")))
    assert site.settle(patience_s=PATIENCE_S, until=timedelta(hours=1)), site.logs()
    record = site.record()
    assert check(record) == []
    assert len(record.accepted_of) == len(record.messages) == next(numbers) - 1
    assert 0 < refused[0] < refused[1], "nobody met the full disk"
    assert {each.status for each in record.turned_away} == {503}


def hand_over_while(site: Site, befall: Callable[[Site], None], numbers: "count[int]") -> None:
    """Orders come in while this befalls the installation."""
    now = site.now()  # nobody tells it while the database is down
    with ThreadPoolExecutor(1) as pool:
        outage = pool.submit(befall, site)
        while not outage.done():
            hand_over(site, next(numbers), now)
            site.shops.wait(0.1)
        outage.result()
