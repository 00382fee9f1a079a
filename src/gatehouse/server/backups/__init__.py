"""Backups of the data: the database and the media, without any key, sealed to a recipient in the age format."""
