"""The same part of a case changed on two desks: shown side by side, and settled."""
