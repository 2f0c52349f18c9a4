"""Providers: where mails are handed over."""
