"""Where samples come from and rows go: one file a format, all behind `base`'s protocols."""
