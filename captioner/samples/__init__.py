"""What a sample is and what becomes of it. Pure: no I/O, no clock, no await."""
