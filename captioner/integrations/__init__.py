"""Captioner inside other libraries, each in a module of its own that is imported by who uses it."""
