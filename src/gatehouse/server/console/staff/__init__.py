"""The people's file: joining, moving, leaving, departments and who answers for whom."""
