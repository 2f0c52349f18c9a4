"""Our own form, for shops and middleware without an adapter; signed per Standard Webhooks."""
