"""From a query to hits: encode, plan, ask Postgres, fuse, explain. Knows nothing of HTTP."""
