"""English."""

from worker.feedback.preferences import Choice
from worker.links import Purpose
from worker.web.words.port import ChoiceWords, PageWords, Words

ENGLISH = Words(
    pages={
        Purpose.UNSUBSCRIBE: PageWords(
            "Unsubscribe?",
            "You will get no more tips and offers from {shop}. Emails about your orders still come.",
            "Unsubscribe",
            "You are unsubscribed",
            "No more tips and offers from {shop}. Emails about your orders still come.",
            "I changed my mind",
        ),
        Purpose.OFFERS: PageWords(
            "No offers in your order emails?",
            "Emails about your orders still come, without any products or codes.",
            "No more offers",
            "No more offers",
            "Your order emails from {shop} come without offers from now on.",
            "I changed my mind",
        ),
        Purpose.HIDE: PageWords(
            "Not for you?",
            "{shop} will not suggest {product} to you again.",
            "Do not show it again",
            "Hidden",
            "You will not see {product} in emails from {shop} again.",
            "Show it again",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Happy with it?",
            "One more tap, and {shop} knows.",
            "Yes, I am happy",
            "Thank you",
            "That is good to know.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Something is not right?",
            "Tell {shop}. A person will get in touch, and no offers come about this order.",
            "Tell {shop}",
            "Thank you for telling us",
            "A person will look into it. To say more, just reply to the email.",
            "It is fine after all",
        ),
    },
    choices={
        Choice.FEWER: ChoiceWords("Fewer emails", "At most one email with tips or offers in 30 days."),
        Choice.OFFERS: ChoiceWords("No offers in order emails", "Emails about orders, without products and codes."),
        Choice.RECEIPTS: ChoiceWords("Nothing but receipts", "Only emails about orders, without any offers."),
    },
    less={Purpose.UNSUBSCRIBE: "Or just a little less", Purpose.OFFERS: "You can also choose"},
    tested="This email was a test: whatever is tapped here changes nothing.",
    saved="Saved. It counts from now on.",
    heard="{shop}’s own newsletter stops too, within the hour.",
    silent=("No more emails", "{shop} does not write to this address any more."),
    back="To {shop}",
    this_product="this product",
    gone=(
        "This link does not work",
        "It may be incomplete or out of date. Open it from the email again, or just reply to the email.",
    ),
    away=(
        "Please try again a little later",
        "We cannot look anything up at the moment, so nothing has changed. Open the link from the email again later.",
    ),
)
