"""Set-up: from an empty machine to the first person let in at the first door, and what is still missing."""
