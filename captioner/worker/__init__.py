"""The long-running worker: takes samples from a queue, and serves several teams on one quota."""
