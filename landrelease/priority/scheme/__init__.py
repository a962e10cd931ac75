"""What counts: criteria and their weights, scheme files, and the table of criteria made from layers."""
