"""The live ranking: its page, and the elements that only it has."""
