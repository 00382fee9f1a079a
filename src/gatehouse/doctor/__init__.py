"""What is unsafe or broken in an installation, and how to mend it: looked at from inside and from outside."""
