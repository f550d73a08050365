"""How the library is laid out over the nodes of a Citus cluster: docs/scaling.md.

`layout` says where every table belongs, `state` what a database has, `steps` what is to be done
about the difference, `distribute` does it.
"""
