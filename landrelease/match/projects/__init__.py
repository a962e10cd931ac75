"""Projects and released land: which belong together, how surely, and what of a project is elsewhere."""
