"""What people would use instead, as small scripts: one task per email."""
