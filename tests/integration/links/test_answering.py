"""Hiding a product, and saying how it was."""

from datetime import timedelta

import pytest
import structlog
from sqlalchemy import select

from schedules.facts import Facts
from tests.integration.links.conftest import ADDRESS, Mailed
from tests.support.dispatching import MORNING
from tests.support.orders import a_parcel, an_order
from worker.links import Purpose
from worker.reports.timeline import order_timeline
from worker.store.models import Click, HiddenProduct, OrderRow, Product, Shop
from worker.store.siblings import keep_facts
from worker.store.signs import last_signs


def _hidden(mailed: Mailed) -> list[tuple[str, str]]:
    with mailed.world.installation.database.read() as session:
        found = session.execute(select(HiddenProduct.address, HiddenProduct.product_id))
        return [(row.address, row.product_id) for row in found]


def test_not_for_me_names_the_product_and_hides_it_once_for_good(mailed: Mailed) -> None:
    world = mailed.world
    with world.installation.database.write() as session:
        kettle = {"product_id": "product-9", "title": "Kettle 0.9 <steel>", "updated_at": world.now}
        session.add(Product(shop_id=world.shop_id, **kettle))
    link = mailed.link(Purpose.HIDE, "product-9")
    assert "Kettle 0.9 &lt;steel&gt;" in mailed.get(link).page
    assert _hidden(mailed) == []
    for _ in range(2):
        assert mailed.post(link).status == 200
    assert _hidden(mailed) == [(ADDRESS, "product-9")]


def test_a_hidden_product_can_be_shown_again(mailed: Mailed) -> None:
    link = mailed.link(Purpose.HIDE, "product-9")
    mailed.post(link)
    mailed.post(f"{link}?undo=1")
    assert _hidden(mailed) == []


def test_a_product_that_left_the_catalogue_can_still_be_hidden(mailed: Mailed) -> None:
    assert "this product" in mailed.get(mailed.link(Purpose.HIDE, "gone")).page
    assert mailed.post(mailed.link(Purpose.HIDE, "gone")).status == 200


def test_not_really_opens_a_case_once_and_raises_an_alarm(mailed: Mailed) -> None:
    before = mailed.order().version
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            assert mailed.post(mailed.link(Purpose.FEEDBACK_NO)).status == 200
    assert mailed.cases() == [("unhappy", False)]
    assert mailed.order().version == before + 1
    alarms = [line for line in logs if line["event"] == "feedback.customer.unhappy"]
    assert [(line["alarm"], line["number"]) for line in alarms] == [(True, "1042")]
    assert ADDRESS not in repr(logs)


def test_an_answer_leaves_the_day_on_which_the_order_counts_as_delivered(mailed: Mailed) -> None:
    """A shop that sends overseas takes parcels as delivered after 20 days; its customer's neighbours go by that."""
    with mailed.world.installation.database.write() as session:
        order = session.get_one(OrderRow, mailed.world.order_id)
        keep_facts(order, Facts(order=an_order(MORNING), parcels=(a_parcel(MORNING),)), timedelta(days=20))
    assert mailed.order().delivered_at == MORNING + timedelta(days=20)
    mailed.post(mailed.link(Purpose.FEEDBACK_NO))
    assert mailed.cases() == [("unhappy", False)]
    assert mailed.order().delivered_at == MORNING + timedelta(days=20)


def test_fine_after_all_closes_the_case_and_it_can_be_opened_again(mailed: Mailed) -> None:
    link = mailed.link(Purpose.FEEDBACK_NO)
    mailed.post(f"{link}?undo=1")
    assert mailed.cases() == []
    for url, closed in ((link, False), (f"{link}?undo=1", True), (link, False)):
        mailed.post(url)
        assert mailed.cases() == [("unhappy", closed)]


def test_a_happy_answer_is_kept_with_the_mail_and_opens_nothing(mailed: Mailed) -> None:
    link = mailed.link(Purpose.FEEDBACK_YES)
    for _ in range(2):
        assert "Thank you" in mailed.post(link).page
    assert mailed.world.message(mailed.message_id).details["feedback"] == "happy"
    assert mailed.cases() == []


@pytest.mark.parametrize("purpose", [Purpose.FEEDBACK_YES, Purpose.FEEDBACK_NO])
def test_an_answer_is_a_sign_of_its_person(mailed: Mailed, purpose: Purpose) -> None:
    mailed.get(mailed.link(purpose))
    for query in ("", "", "?undo=1"):
        mailed.post(mailed.link(purpose) + query)
    person = (mailed.world.shop_id, ADDRESS)
    with mailed.world.installation.database.read() as session:
        [row] = session.scalars(select(Click))
        signs = last_signs(session, [person])
    assert (row.kind, row.raw, row.human) == ("answer", 1, 1)
    assert signs == {person: row.human_at}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_story_of_the_order_says_what_was_answered(mailed: Mailed) -> None:
    taps = {
        mailed.link(Purpose.FEEDBACK_YES): ["happy"],
        mailed.link(Purpose.FEEDBACK_NO): ["happy", "not really"],
        mailed.link(Purpose.FEEDBACK_NO) + "?undo=1": ["happy", "not really, taken back"],
    }
    for url, answers in taps.items():
        mailed.post(url)
        with mailed.world.installation.database.read() as session:
            shop = session.get_one(Shop, mailed.world.shop_id)
            [message] = order_timeline(session, shop, mailed.order()).messages
        assert message.answers == answers
