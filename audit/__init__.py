"""The audit log: who did what, who saw what, and the proof that nothing was changed.

Come here to change what is logged or how it is verified. `log` imports nothing of ours, the other
modules the records; none knows a page.
"""
