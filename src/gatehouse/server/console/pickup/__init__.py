"""Pupils and those who collect them: the desk at the gate, a pupil's page, who was missed at the bell."""
