"""What a developer runs beside the portal: the generated parts of the README, measures of the code.

Come here to change those. The program imports nothing from here but the command `readme`.
"""
