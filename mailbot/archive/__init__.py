"""The markdown archive: ``page`` decides what a file says (pure), ``store`` writes it whole or not at all (edge)."""
