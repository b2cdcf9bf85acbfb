"""What becomes of one output: a run of it, what a later life goes on from, a part asked again."""
