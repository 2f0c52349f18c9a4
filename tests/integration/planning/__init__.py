"""The planning stage on real databases."""
