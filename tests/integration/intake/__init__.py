"""The intake stage on real databases."""
