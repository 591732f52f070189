"""Workbooks the portal writes: the template, the marked original, the register as a survey workbook."""
