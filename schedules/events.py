"""What happened, in neutral words: what a platform adapter makes of one webhook body.

One body may yield several events (an order with its parcels and refunds inside). `merge` folds them into `Facts`;
its result does not depend on order or repetition.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, Field

from schedules.facts import Case, ConsentState, Edit, Order, Refund
from schedules.parcel_facts import Parcel, Tracking
from schedules.values import Value


class OrderStated(Value):
    """A whole snapshot of an order: placed, paid, updated or cancelled; the newest `updated_at` wins."""

    type: Literal["order_stated"] = "order_stated"
    order: Order


class OrderDeleted(Value):
    type: Literal["order_deleted"] = "order_deleted"
    order_id: str
    at: AwareDatetime


class OrderRestored(Value):
    """The order was taken back out of the bin: an earlier deletion counts no more."""

    type: Literal["order_restored"] = "order_restored"
    order_id: str
    at: AwareDatetime


class OrderCancelled(Value):
    """The order was cancelled, told apart from its snapshot; it stays cancelled whatever older snapshots say."""

    type: Literal["order_cancelled"] = "order_cancelled"
    order_id: str
    at: AwareDatetime


class ParcelStated(Value):
    """A snapshot of one parcel; `parcel.tracking` is ignored, reports come as `ParcelTracked`."""

    type: Literal["parcel_stated"] = "parcel_stated"
    order_id: str
    parcel: Parcel


class ParcelTracked(Value):
    type: Literal["parcel_tracked"] = "parcel_tracked"
    order_id: str
    tracking: Tracking


class OrderRefunded(Value):
    type: Literal["order_refunded"] = "order_refunded"
    order_id: str
    refund: Refund


class CaseStated(Value):
    """A return, exchange, dispute or ticket was opened, changed or closed."""

    type: Literal["case_stated"] = "case_stated"
    order_id: str
    case: Case


class OrderEdited(Value):
    type: Literal["order_edited"] = "order_edited"
    order_id: str
    edit: Edit


OrderEvent = Annotated[
    OrderStated
    | OrderDeleted
    | OrderRestored
    | OrderCancelled
    | ParcelStated
    | ParcelTracked
    | OrderRefunded
    | CaseStated
    | OrderEdited,
    Field(discriminator="type"),
]


ORDER_EVENTS: tuple[type[Any], ...] = get_args(get_args(OrderEvent)[0])
"""What is told of one order, as classes to ask about."""


class CustomerStated(Value):
    """Consent or address of a customer changed; the newest `at` wins."""

    type: Literal["customer_stated"] = "customer_stated"
    customer_id: str | None
    email: str | None
    consent: ConsentState
    at: AwareDatetime
    orders_count: int | None = None


class CustomerRedacted(Value):
    """The platform demands erasure of a customer (by id, address, or both) and of the named orders."""

    type: Literal["customer_redacted"] = "customer_redacted"
    customer_id: str | None
    email: str | None
    order_ids: tuple[str, ...] = ()


class ShopRedacted(Value):
    type: Literal["shop_redacted"] = "shop_redacted"


class AppUninstalled(Value):
    """The shop cut the connection: nothing more may be sent for it."""

    type: Literal["app_uninstalled"] = "app_uninstalled"
    at: AwareDatetime


class ProductStated(Value):
    """A catalogue entry as the platform has it now; one per variant. Prices are decimal text in the shop's currency.

    `on_sale`: the price is a lowered one, as far as the platform tells. `needs_choice`: only a variant can be bought.
    """

    type: Literal["product_stated"] = "product_stated"
    product_id: str
    variant_id: str | None
    title: str
    url: str | None
    image_url: str | None
    price: str | None
    category: str
    brand: str
    tags: tuple[str, ...]
    inventory: int | None
    is_active: bool
    updated_at: AwareDatetime | None
    on_sale: bool = False
    needs_choice: bool = False


class VariantsStated(Value):
    """Every variant that a product has now, told after them: others of it are sold no more."""

    type: Literal["variants_stated"] = "variants_stated"
    product_id: str
    variant_ids: tuple[str, ...]
    updated_at: AwareDatetime | None


class ProductDeleted(Value):
    """A product, or a variant of it alone, is gone.

    `is_either`: `product_id` may be a variant's, where a platform numbers both alike. `at`: when; what was told of it
    before counts no more, however late it comes (None: nobody knows).
    """

    type: Literal["product_deleted"] = "product_deleted"
    product_id: str
    variant_id: str | None = None
    is_either: bool = False
    at: AwareDatetime | None = None


ShopEvent = Annotated[
    CustomerStated | CustomerRedacted | ShopRedacted | AppUninstalled | ProductStated | VariantsStated | ProductDeleted,
    Field(discriminator="type"),
]
Event = OrderEvent | ShopEvent
