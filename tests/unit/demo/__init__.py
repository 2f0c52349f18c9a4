"""The demo's pure parts."""
