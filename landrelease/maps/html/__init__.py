"""The page itself: one file, no request, no text of the data taken for a template."""
