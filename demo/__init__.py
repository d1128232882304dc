"""A fictional school, to try the portal with.

Come here to change its people and stories. It may import everything the pathway offers, and nothing
of the program but the command `demo` imports it.
"""
