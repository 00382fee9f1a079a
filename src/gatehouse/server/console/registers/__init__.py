"""Registers of schools, and rosters and wage reports of construction sites."""
