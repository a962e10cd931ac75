"""The order in words: a sentence and a story for each area, with the numbers of the table."""
