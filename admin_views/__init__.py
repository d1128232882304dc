"""The pages. Come here to change what a screen shows or asks.

Imports `privacy`, `papers`, `workflow` and all below them, of `ops` only facts; knows nothing of
`app.py`, the commands, or another server.
"""
