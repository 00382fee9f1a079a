"""The pages of people who pass by: paying for parking, the exit display, a worker's own page."""
