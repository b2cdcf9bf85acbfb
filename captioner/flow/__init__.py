"""Many at once: admission, retries, order, what is paid for."""
