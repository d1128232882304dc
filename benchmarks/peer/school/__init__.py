"""The school's tables, as Django sees them."""
