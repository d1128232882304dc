"""The fictional school of `make demo`: come here to change who is in it and what is written there.

It may import the records, the rules and the workflow, and fills an empty database through them.
It knows nothing of screens, the web or the real school's data; nothing but a command imports it.
"""
