"""Reading: any GraphQL selection becomes one SQL statement.

`sources` say where a field's value comes from, `scope` which rows an actor sees, `plan` turns a
selection into SQL once, `run` binds and executes it. See ARCHITECTURE.md.
"""
