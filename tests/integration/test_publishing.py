"""Revisions of a shop's content: one after the other, whoever publishes at the same moment."""

import threading
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.intake import Connected, connected
from tests.support.locks import until_it_waits
from worker.errors import UserError
from worker.rendering.port import Content
from worker.store.content import content_of, history, packaged_content, publish
from worker.store.session import Database
from worker.store.shops import get_shop


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connected:
    return connected(database, tmp_path / "var")


def _owner(shop: Connected) -> UUID:
    with shop.installation.database.read() as session:
        return get_shop(session, "northkettle").id


def _said(words: str) -> Content:
    return content_of(dict(packaged_content().files) | {"email_templates/follow_up/preheader.txt": words})


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # SQLite has one writer at a time anyway
def test_two_who_publish_at_one_moment_get_a_revision_each(shop: Connected) -> None:
    database, owner, numbers = shop.installation.database, _owner(shop), list[int]()

    def publish_too() -> None:
        with database.write() as session:
            numbers.append(publish(session, owner, _said("the other"), "", shop.now))

    with database.write() as session:
        numbers.append(publish(session, owner, _said("the one"), "", shop.now))
        other = threading.Thread(target=publish_too)
        other.start()
        until_it_waits(other, session)
    other.join()
    assert numbers == [1, 2]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_compared_with_an_older_revision_is_not_published_over_the_newer_one(shop: Connected) -> None:
    owner = _owner(shop)
    with shop.installation.database.write() as session:
        assert publish(session, owner, _said("a colleague's"), "", shop.now, after=0) == 1
    refusal = pytest.raises(UserError, match="Revision 1 was published meanwhile")
    with refusal, shop.installation.database.write() as session:
        publish(session, owner, _said("mine"), "", shop.now, after=0)
    with shop.installation.database.write() as session:
        assert publish(session, owner, _said("a colleague's"), "", shop.now, after=0) == 1
        assert [each.number for each in history(session, owner)] == [1]
