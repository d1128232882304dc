"""How papers get onto paper: typefaces (`fonts`), the process that draws (`worker`) and its queue
(`printing`), what stands on a paper and where (`pdf`, `layout`).

Come here to change a paper. Only `pdf` knows records and pages; the others know HTML alone.
"""
