"""Sign-in: accounts, passwords, second steps, sessions.

Come here to change how staff get in and stay in. It may import the records, the audit log and the
forms of `admin_views`, and never knows a child.
"""
