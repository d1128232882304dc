"""The law about data: subject access, retention, erasure.

Come here to change what is given out, how long records are kept, or what erasing takes. It may
import the records, the pathway and the audit log, and never knows a page.
"""
