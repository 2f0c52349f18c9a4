"""Offers: which products, which code, for whom."""
