"""Mails to look at before anybody gets them: of an example, or of a real order."""
