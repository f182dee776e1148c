"""Networks of the twin: who reaches what, and which address ranges fit."""
