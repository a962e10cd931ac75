"""What each kind of monitoring report says: outcomes, coordination, donor."""
