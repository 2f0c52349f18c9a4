"""Why a message waits, ends or never begins, in the words of the timeline; and which of these reasons may pass."""

from schedules.facts import CaseKind, Channel

NOT_ARRIVED_YET = "the order itself has not arrived yet"
DELETED = "the order was deleted"
CANCELLED = "the order was cancelled"
TEST = "it is a test order"
NO_ADDRESS = "the order has no email address"
UNUSABLE_ADDRESS = "what the order has as its email address is none"
RELAYED = "the address belongs to a marketplace, which writes to its customers itself"
REFUNDED = "the order was refunded in full"
VOIDED = "the payment was voided"
PAYMENT_FAILED = "the payment failed"
NOT_YET_PAID = "it is not paid yet"
NOTHING_LEFT = "nothing is left on the order"
IMPORTED = "the order was imported from history"
BEFORE_US = "it was due before the shop was connected here: others told the customer"
LONG_PAST = "it became known too late: its time had passed"

DISCONNECTED = "the shop disconnected: nothing more is sent for it"

OFF = "the step is switched off for this shop"
OTHER_ROLE = "the step has another role in this shop now"
NO_LONGER = "the facts no longer ask for it"
REPLACED = "a newer one replaced it"

NEVER_AGAIN = "nothing may be sent to this address any more"
CORRECTED = "the one before never came, and the address was corrected since"

NOT_LEFT = "nothing has left yet"
NO_GOODS = "nothing of it travels in a parcel"
ARRIVED = "it had already arrived"
PARCEL_GONE = "its parcel was cancelled or left on another day"
PASSED_WINDOW = "the parcel left after the mail's window had closed"
NOT_ARRIVED = "it waits until the last parcel has arrived"
IN_TROUBLE = "a carrier reports a problem with a parcel"
DISCREET = "what was bought is discreet: no mail asks about it"
TOO_SOON = "the goods, or those of the other order, arrived only a few days ago"
ON_ITS_WAY = "the last parcel is still on its way"
COMBINED = "it is combined with a later order of the same person"

OUTDATED_EDIT = "a newer edit replaced it"
SHOP_TELLS = "the shop's platform tells the customer about edits itself"
NOTHING_AGAIN = "nothing of it is used up, and nothing has a better one"
LASTS_LONG = "it lasts longer than this mail may wait"
EDIT_NOT_SEEN = "it waits for the order as it was edited"
ON_HOLD = "it waits while the order is held or edited"
TICKET = "support is talking to the customer"
LOOKS_AWAY = "this person has looked at none of the last six marketing mails: facts only"
SECOND_ORDER = "it follows another order of this person closely: facts only"
RESTING = "something went wrong with an order of this person lately"

NOT_ONLINE = {
    Channel.POS: "it was bought in the store",
    Channel.MARKETPLACE: "it came from a marketplace, which writes to its customers itself",
    Channel.STAFF: "it is an order of the staff",
}
TROUBLE = {
    CaseKind.RETURN: "a return was opened",
    CaseKind.EXCHANGE: "an exchange was asked for",
    CaseKind.DISPUTE: "the payment is disputed",
    CaseKind.UNHAPPY: "the customer told us that something is wrong",
}
SHORT_OF_STOCK = "something could not be delivered and was refunded"
PARTLY_REFUNDED = "part of the order was refunded"
BUSINESS = "it is a business order"
RENEWAL = "it renews a subscription; only the first order gets a follow-up"
REPLACEMENT = "it is a replacement, or an order over nothing"

REVIVABLE = frozenset(
    {DELETED, CANCELLED, TEST, NO_ADDRESS, UNUSABLE_ADDRESS, RELAYED, REFUNDED, VOIDED, PAYMENT_FAILED}
    | {NOT_YET_PAID, NOTHING_LEFT}
    | {BEFORE_US, LONG_PAST, OFF, OTHER_ROLE, NO_LONGER, REPLACED, *NOT_ONLINE.values()}
    | {NOT_LEFT, NO_GOODS, ARRIVED, PARCEL_GONE, PASSED_WINDOW, NOT_ARRIVED, IN_TROUBLE, COMBINED}
    | {OUTDATED_EDIT, SHOP_TELLS, *TROUBLE.values(), SHORT_OF_STOCK, PARTLY_REFUNDED, BUSINESS, RENEWAL, REPLACEMENT}
)
"""Reasons of a cancellation that come from the facts alone: when the facts take them back, the message comes again.

So the order in which events arrive cannot matter. Not among them: an import, and every reason from elsewhere, like an
erasure.
"""

BY_SETTINGS = frozenset({OFF, OTHER_ROLE, NO_LONGER, LONG_PAST, PASSED_WINDOW, SHOP_TELLS})
"""Those of them that content or a shop's settings may give, and may take back."""
