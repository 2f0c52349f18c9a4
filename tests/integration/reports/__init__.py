"""Timeline and status on real databases."""
