"""What a person asks of an installation: the story of one order, and how the whole thing stands. Reads only."""
