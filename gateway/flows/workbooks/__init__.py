"""Workbooks (xlsx, xlsm, xlsb, xls, ods) read in a process of their own, which lives in narrow limits and dies alone.

`python -m gateway.flows.workbooks FILE [SHEET]` writes the rows of one sheet as CSV to standard output and what it met as one
JSON line to standard error. A workbook is a program for its reader: what it unpacks to, and how far its cells spread, is known
only by doing it. So it is done where memory and time are bounded by the system, not by good will.
"""
