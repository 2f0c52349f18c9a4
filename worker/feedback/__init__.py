"""Stage 4: what comes back: unsubscribes, delivery events."""
