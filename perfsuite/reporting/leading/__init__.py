"""What a report leads with: its findings, and the ranking of its cells."""
