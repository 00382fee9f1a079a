"""The pages of the people who run the place: Watch, Person, Month, Trust and the way in."""
