"""Stage 3: claim due messages, gate, personalise, render, deliver."""
