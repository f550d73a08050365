"""What an operator watches: measures of this process, and of the library as it is when asked.

Off unless asked for (`iiifsearch.metrics.measures.on`), by names that docs/monitoring.md lists.
"""
