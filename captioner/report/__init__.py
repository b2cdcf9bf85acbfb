"""What people see: events are folded into one tally; progress, opening line and summary tell it.

tally      folds every event (results of samples, work done for them), can be saved and restored
progress   the live display, or a plain line every few seconds
opening    what is about to happen, in one line
summary    the record that stays: captions.summary.json
ending     the same as text for the end of a run
"""
