"""The document for one site: two pages for those who plan to build, plant or live there."""
