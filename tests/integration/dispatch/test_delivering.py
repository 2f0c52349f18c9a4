"""What leaves the house, and what of it is told."""

from datetime import timedelta

from structlog.testing import capture_logs

from schedules.catalog import PATH
from tests.support.dispatching import World, delivered_facts
from worker.dispatch.service import deliver_batch
from worker.store.content import content_of, packaged_content, publish


def test_a_mail_goes_to_the_customer_from_the_shops_stream(world: World) -> None:
    message_id = world.add_message()
    deliver_batch(world.installation)
    (mail,) = world.provider.mails
    assert (mail.to, mail.sender, mail.stream) == ("Mia@example.com", "orders@northkettle.example", "transactional")
    assert mail.headers == {"Auto-Submitted": "auto-generated"}
    assert (mail.message_id, mail.attempt_id) == (message_id, world.attempts(message_id)[0].id)
    message = world.message(message_id)
    assert (message.subject, message.variant) == ("Order 1042: confirmation", "plain")


def test_a_marketing_mail_can_be_unsubscribed_with_one_click(world: World) -> None:
    world.become(delivered_facts(world.now))
    world.add_message("follow_up")
    deliver_batch(world.installation)
    headers = world.provider.mails[0].headers
    assert headers["List-Unsubscribe"].startswith("<http")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "mia" not in headers["List-Unsubscribe"]


def test_test_mode_redirects_marks_and_tells_the_customers_address_nowhere(redirected: World) -> None:
    redirected.add_message()
    deliver_batch(redirected.installation)
    (mail,) = redirected.provider.mails
    assert mail.to == "test@northkettle.example"
    assert mail.subject == "[TEST] Order 1042: confirmation"
    assert "X-Postpurchase-Test" in mail.headers
    assert "example.com" not in f"{mail.headers}{mail.subject}{mail.sender}{mail.reply_to}"
    assert redirected.renderer.inputs[0].is_test


def test_no_more_mails_are_marked_than_the_provider_takes_at_once(world: World) -> None:
    for number in range(10):
        world.add_message(occurrence=number)
    assert deliver_batch(world.installation) == 10
    assert sorted(world.provider.chunks) == [2, 4, 4]


def test_a_receipt_that_goes_out_late_raises_an_alarm(world: World) -> None:
    world.add_message(due=timedelta(hours=-3))
    with capture_logs() as logs:
        deliver_batch(world.installation)
    (late,) = [line for line in logs if line["event"] == "dispatch.message.late"]
    assert late["alarm"]
    assert late["late_s"] >= 3 * 3600
    assert len(world.provider.mails) == 1


def test_a_receipt_is_late_once_the_latest_of_its_shops_sequence_has_passed(world: World) -> None:
    files = dict(packaged_content().files)
    text = files[PATH]
    assert text.count("latest: 2 hours") == 3
    files[PATH] = text.replace("latest: 2 hours", "latest: 5 hours", 1)
    with world.installation.database.write() as session:
        publish(session, world.shop_id, content_of(files), "", world.now)
    world.add_message(due=timedelta(hours=-3))
    with capture_logs() as logs:
        deliver_batch(world.installation)
    assert len(world.provider.mails) == 1
    assert [line for line in logs if line["event"] == "dispatch.message.late"] == []


def test_no_log_line_tells_an_address_or_a_subject(world: World) -> None:
    world.add_message()
    with capture_logs() as logs:
        deliver_batch(world.installation)
    assert logs
    assert "mia" not in repr(logs).lower()
    assert "Order 1042" not in repr(logs)
