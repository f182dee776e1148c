"""An estimate as people and programs read it: table, JSON, Markdown, comment, chart."""
