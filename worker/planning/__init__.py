"""Stage 2: stored events become facts and scheduled messages."""
