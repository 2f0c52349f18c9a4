"""MJML compiled once per revision, Jinja per recipient."""
