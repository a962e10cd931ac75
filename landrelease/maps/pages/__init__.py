"""The maps that people ask for, a module for each."""
