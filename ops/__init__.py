"""What keeps the machine alive: database, backup, restore, upgrade, checks, log files, server.

Come here to change how the portal is run. It may import the records, the pathway, the audit log and
the papers, and never knows a screen.
"""
