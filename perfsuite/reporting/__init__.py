"""What people see of a run: tables, figures, pages, the terminal, TensorBoard. It reads records and never measures."""
