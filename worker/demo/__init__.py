"""The demo: the shop Northkettle, one order of Mia's, and the three emails that follow it."""
