"""What released roads give back: the market that can be reached from each place."""
