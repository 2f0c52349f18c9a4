"""Shop platforms: one adapter each, foreign bodies become neutral events."""
