"""How sure the order is: weights and values that are not known exactly, and the line that the money draws."""
