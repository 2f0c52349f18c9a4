"""Stage 1: verify a webhook and store it once."""
