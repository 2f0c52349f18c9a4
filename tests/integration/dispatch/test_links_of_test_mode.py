"""Mails of test mode are read by somebody else than their customer, whose wishes are not theirs to state."""

from sqlalchemy import func, select

from tests.support.dispatching import World, delivered_facts
from worker.dispatch.service import deliver_batch
from worker.feedback.pages import person_behind
from worker.feedback.people import act
from worker.links import LinkSigner, LinkToken, Purpose
from worker.rendering.port import Links
from worker.store.models import Click, HiddenProduct, Suppression
from worker.web.views import view_of


def _links(world: World) -> Links:
    world.become(delivered_facts(world.now))
    world.add_message("follow_up")
    deliver_batch(world.installation)
    return world.renderer.inputs[0].links


def _token(signer: LinkSigner, url: str) -> LinkToken:
    found = signer.read(url.rpartition("/")[2])
    assert found is not None
    return found


def test_what_a_tester_taps_is_not_said_in_the_customers_name(redirected: World) -> None:
    links, installation = _links(redirected), redirected.installation
    hide = installation.links.url(Purpose.HIDE, _token(installation.links, links.unsubscribe).message_id, "product-1")
    version = redirected.order_version
    for url in (links.unsubscribe, links.feedback_no, links.feedback_yes, hide):
        assert act(installation, _token(installation.links, url))
    with installation.database.read() as session:
        for table in (Suppression, HiddenProduct, Click):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert redirected.order_version == version


def test_such_a_link_stays_a_test_when_test_mode_has_ended(redirected: World) -> None:
    token = _token(LinkSigner(["a test's secret key"], "https://links.example"), _links(redirected).unsubscribe)
    assert token.is_test


def test_its_page_says_that_nothing_counts(redirected: World) -> None:
    token = _token(redirected.installation.links, _links(redirected).unsubscribe)
    person = person_behind(redirected.installation, token)
    assert person is not None
    assert "test" in view_of(token, person).saved


def test_outside_of_test_mode_links_count(world: World) -> None:
    token = _token(world.installation.links, _links(world).unsubscribe)
    person = person_behind(world.installation, token)
    assert person is not None
    assert (token.is_test, view_of(token, person).saved) == (False, "")
