"""A mail that is sent carries counted links, and its row says whether it does."""

import re
from dataclasses import replace

from tests.support.dispatching import World, delivered_facts
from worker.dispatch.service import deliver_batch
from worker.links import ClickToken
from worker.rendering.renderer import Renderer


def counted(world: World) -> list[ClickToken]:
    """The counted links of the one mail that went out."""
    world.installation.__dict__["renderer"] = Renderer()
    deliver_batch(world.installation)
    [mail] = world.provider.mails
    assert "/c/" not in mail.text
    read = world.installation.links.read_click
    return [click for token in re.findall(r"/c/([^\"]+)\"", mail.html) if (click := read(token)) is not None]


def test_a_marketing_mail_counts_clicks_for_its_message(world: World) -> None:
    world.become(delivered_facts(world.now))
    message_id = world.add_message("follow_up")
    assert {click.message_id for click in counted(world)} == {message_id}
    assert world.message(message_id).counts_clicks


def test_a_receipt_without_an_offer_has_nothing_to_count(world: World) -> None:
    message_id = world.add_message()
    assert counted(world) == []
    assert not world.message(message_id).counts_clicks


def test_in_test_mode_clicks_count_for_nobody(world: World) -> None:
    world.become(delivered_facts(world.now))
    settings = world.installation.settings.model_copy(update={"redirect_all_to": "tester@example.com"})
    tested = replace(world, installation=replace(world.installation, settings=settings))
    tested.installation.__dict__.update(provider=world.provider)
    message_id = world.add_message("follow_up")
    assert {click.message_id.int for click in counted(tested)} == {0}
    assert not world.message(message_id).counts_clicks
