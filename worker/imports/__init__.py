"""CSV files of a shop: products, pairings, guides. A file is taken whole or not at all."""
