"""What the writers make of each answer of a shop, without a database: the stand-in checks their calls."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schedules.facts import ConsentState
from tests.support.misbehaving import GRAPHQL, SHOPIFY_TOKEN, WOO_KEY, Trouble
from tests.support.shop_apis import ShopApi, shop_api
from worker.platforms.calling import call
from worker.platforms.registry import WRITERS
from worker.platforms.writing import Access, Person, Result, Written

AT = datetime(2026, 5, 14, 8, 0, tzinfo=UTC)
NO, YES = ConsentState.UNSUBSCRIBED, ConsentState.SUBSCRIBED
MIA = Person(customer_id="7", order_ids=("order-1043", "order-1042"))
KEYS = {"shopify": SHOPIFY_TOKEN, "woocommerce": WOO_KEY}
KINDS = tuple(KEYS)


@pytest.fixture(scope="module")
def _server() -> Iterator[ShopApi]:
    with shop_api() as api:
        yield api


@pytest.fixture
def api(_server: ShopApi) -> ShopApi:
    fresh = ShopApi()
    url = _server.url
    for name, value in vars(fresh).items():
        setattr(_server, name, value)
    _server.url = url
    return _server


def _write(
    api: ShopApi, kind: str, consent: ConsentState = NO, person: Person = MIA, key: str = "", **options: Any
) -> Written:
    access = Access(url=api.url, key=key or KEYS[kind], options={"consent_meta_key": "newsletter"} | options)
    return WRITERS[kind].write(access, person, consent, AT)


def test_shopify_gets_the_consent_with_its_time(api: ShopApi) -> None:
    assert _write(api, "shopify").result is Result.WRITTEN
    assert api.consents == {"7": {"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": "2026-05-14T08:00:00Z"}}
    assert _write(api, "shopify", YES).result is Result.WRITTEN
    assert api.consents["7"]["marketingOptInLevel"] == "SINGLE_OPT_IN"
    assert api.faults == []


def test_woocommerce_gets_it_into_the_account_under_the_plugins_key_and_words(api: ShopApi) -> None:
    assert _write(api, "woocommerce").result is Result.WRITTEN
    assert api.metas == {"customers/7": {"newsletter": "no"}}
    assert _write(api, "woocommerce", consent_no_value="0").result is Result.WRITTEN
    assert _write(api, "woocommerce", YES, consent_values=["1", "yes"]).result is Result.WRITTEN
    assert [value for _, value in api.calls] == ["no", "0", "1"]
    assert api.faults == []


def test_a_guest_of_woocommerce_has_it_in_each_order_and_so_has_an_account_that_is_gone(api: ShopApi) -> None:
    in_orders = {"orders/order-1042": {"newsletter": "no"}, "orders/order-1043": {"newsletter": "no"}}
    guest = Person(customer_id=None, order_ids=MIA.order_ids)
    assert _write(api, "woocommerce", person=guest).result is Result.WRITTEN
    assert api.metas == in_orders
    api.metas.clear()
    gone = Person(customer_id="8", order_ids=MIA.order_ids)
    assert _write(api, "woocommerce", person=gone).result is Result.WRITTEN
    assert api.metas == in_orders


def test_one_order_that_was_deleted_does_not_keep_the_others_from_hearing(api: ShopApi) -> None:
    person = Person(customer_id=None, order_ids=("order-9", "order-1042"))
    assert _write(api, "woocommerce", person=person).result is Result.WRITTEN
    assert list(api.metas) == ["orders/order-1042"]


@pytest.mark.parametrize("kind", KINDS)
def test_whom_the_shop_does_not_know_is_given_up(api: ShopApi, kind: str) -> None:
    for person in (Person(customer_id="8"), Person(customer_id=None)):
        assert _write(api, kind, person=person).result is Result.NEVER


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "result", "waits_for_a_person"),
    [
        (402, Result.LATER, False),
        (423, Result.LATER, False),
        (429, Result.LATER, False),
        (500, Result.LATER, False),
        (502, Result.LATER, False),
        (503, Result.LATER, False),
        (301, Result.LATER, True),
        (307, Result.LATER, True),
        (401, Result.LATER, True),
        (403, Result.LATER, True),
        (404, Result.LATER, True),
        (400, Result.NEVER, False),
        (422, Result.NEVER, False),
    ],
)
def test_each_status_says_whether_to_try_again_and_whether_somebody_must_mend_it(
    api: ShopApi, kind: str, status: int, result: Result, waits_for_a_person: bool
) -> None:
    api.meets(Trouble(status=status, headers={"Location": f"{api.url}/elsewhere"}))
    written = _write(api, kind, person=Person(customer_id="7"))
    assert (written.result, written.needs_person) == (result, waits_for_a_person)
    assert str(status) in written.note or status == 404
    assert (api.requests, api.calls) == (1, [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_is_named_without_being_told(api: ShopApi, kind: str) -> None:
    written = _write(api, kind, key="shpat_old" if kind == "shopify" else "ck_old cs_old")
    assert (written.result, written.needs_person) == (Result.LATER, True)
    assert "API key is refused" in written.note
    assert "old" not in written.note


def test_an_app_without_the_scope_says_which_one_it_lacks(api: ShopApi) -> None:
    api.scopes.clear()
    written = _write(api, "shopify")
    assert (written.result, written.needs_person) == (Result.LATER, True)
    assert "write_customers" in written.note


@pytest.mark.parametrize(
    ("code", "waits_for_a_person"), [("THROTTLED", False), ("INTERNAL_SERVER_ERROR", False), ("undefinedField", True)]
)
def test_shopifys_errors_with_status_200_are_no_success(api: ShopApi, code: str, waits_for_a_person: bool) -> None:
    api.meets(Trouble(status=200, body={"errors": [{"message": "…", "extensions": {"code": code}}]}))
    written = _write(api, "shopify")
    assert (written.result, written.needs_person) == (Result.LATER, waits_for_a_person)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *((kind, body) for kind in KINDS for body in (None, "welcome", [])),
        ("shopify", {"data": None}),
        ("shopify", {"data": {"other": {}}}),
    ],
)
def test_an_answer_that_is_none_of_the_shops_is_no_success(api: ShopApi, kind: str, body: Any) -> None:
    api.meets(Trouble(status=200, body=body))
    written = _write(api, kind)
    assert (written.result, written.needs_person) == (Result.LATER, True)


@pytest.mark.parametrize("wait", ["7", "0.5"])
def test_a_shop_that_names_a_wait_is_given_it(api: ShopApi, wait: str) -> None:
    api.meets(Trouble(status=429, headers={"Retry-After": wait}))
    assert _write(api, "shopify").retry_after == timedelta(seconds=float(wait))


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", ""])
def test_a_wait_that_is_none_is_ignored(api: ShopApi, wait: str) -> None:
    api.meets(Trouble(status=429, headers={"Retry-After": wait}))
    assert _write(api, "shopify").retry_after is None


@pytest.mark.parametrize("kind", ["silence", "drip", "drop_before", "drop_after"])
def test_a_call_without_an_answer_ends_in_time_and_is_tried_again(api: ShopApi, kind: str) -> None:
    api.meets(Trouble(kind))
    headers = {"X-Shopify-Access-Token": SHOPIFY_TOKEN}
    consent = {"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": "2026-05-14T08:00:00Z"}
    given = {"customerId": "gid://shopify/Customer/7", "emailMarketingConsent": consent}
    body = {"query": "customerEmailMarketingConsentUpdate(input: $input)", "variables": {"input": given}}
    written = call("POST", api.url + GRAPHQL, headers=headers, body=body, timeout_s=0.3)
    assert isinstance(written, Written)
    assert (written.result, written.needs_person) == (Result.LATER, False)
    assert written.note in ("the shop does not answer (no answer in time)", CUT)


CUT = "the shop does not answer (the connection was cut)"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9", "the connection is refused"),
        ("http://[", "its address is none"),
        ("http://no-such-host.invalid", "its name is not known"),
    ],
)
def test_a_shop_that_cannot_be_reached_is_tried_again(url: str, why: str) -> None:
    written = call("POST", url, headers={}, body={}, timeout_s=2)
    assert isinstance(written, Written)
    assert (written.result, written.note) == (Result.LATER, f"the shop does not answer ({why})")


@pytest.mark.parametrize(
    ("kind", "key", "is_one"),
    [
        ("shopify", "shpat_1", True),
        ("shopify", "shpat_1 and more", False),
        ("shopify", "schlüssel", False),
        ("woocommerce", "ck_1\ncs_1", True),
        ("woocommerce", "ck_1:cs_1", True),
        ("woocommerce", "cs_1\nck_1", False),
        ("woocommerce", "ck_1", False),
    ],
)
def test_a_key_that_can_be_none_is_told_at_once(kind: str, key: str, is_one: bool) -> None:
    assert (WRITERS[kind].key_fault(key) == "") is is_one


def test_woocommerce_cannot_be_written_to_before_its_meta_key_is_named() -> None:
    assert "--consent-meta-key" in WRITERS["woocommerce"].missing({})
    assert WRITERS["woocommerce"].missing({"consent_meta_key": "newsletter"}) == ""
    assert WRITERS["shopify"].missing({}) == ""
