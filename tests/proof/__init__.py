"""Proof that nothing accepted is lost and nothing is sent twice: real processes, killed everywhere, then checked."""
