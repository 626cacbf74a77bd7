"""Material that nobody on this project made, when it lies beside the project in ../shared/data: measured, never copied.

One module per kind. Each has `measure(folder) -> bool`: prints what was read right and every case that was not, and says whether
what must hold does.
"""
