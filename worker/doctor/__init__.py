"""First checks of an installation: what would keep mails from going out, each with its remedy."""
