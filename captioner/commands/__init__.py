"""One file a command: from parsed arguments to an exit status."""
