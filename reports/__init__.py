"""How a run is shown: record files become a table, the table becomes text, figures and pages. No torch, no timing."""
