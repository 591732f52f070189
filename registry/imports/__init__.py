"""From the rows of a survey workbook to the register: checks, staging, differences, storing, undo, report."""
