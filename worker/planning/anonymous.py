"""What stays of an erased person's order: ids, times, lines and sums."""

from schedules.facts import Customer, Facts, Gift, Order, PickupPoint


def anonymous(facts: Facts) -> Facts:
    """The facts without anything that leads to a person; a carrier's page would."""
    untracked = {"tracking_number": "", "tracking_url": "", "boxes": ()}
    parcels = tuple(parcel.model_copy(update=untracked) for parcel in facts.parcels)
    order = _anonymous_order(facts.order) if facts.order is not None else None
    return facts.model_copy(update={"order": order, "parcels": parcels})


def bare(reason: str) -> str:
    """A reason without the words of others that follow a colon or stand in brackets: they may hold a name."""
    return reason.partition(":")[0].partition(" (")[0]


def _anonymous_order(order: Order) -> Order:
    keep_country = {"line1": "", "line2": "", "postal_code": "", "city": "", "region": "", "name": "", "company": ""}
    places = {
        field: place.model_copy(update=keep_country) if (place := getattr(order, field)) else None
        for field in ("shipping_address", "billing_address")
    }
    gift = Gift(hide_prices=order.gift.hide_prices) if order.gift else None
    nobody = Customer(orders_count=order.customer.orders_count)
    lines = tuple(line.model_copy(update={"properties": ()}) for line in order.lines)
    pickup = PickupPoint() if order.pickup else None  # the kiosk round the corner, by its name and street
    emptied = dict.fromkeys(("status_url", "payment_method", "payment_code", "shipping_method"), "")
    bare_order = {"customer": nobody, "gift": gift, "pickup": pickup, "tags": (), "lines": lines}
    return order.model_copy(update=places | emptied | bare_order)
