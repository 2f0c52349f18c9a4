"""HTTP: webhooks, links in emails, health, the outbox."""
