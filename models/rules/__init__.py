"""Pure clinical and policy rules: functions and tables of data, standard library only.

Nothing here knows the clock, a database or the network: `now` is an argument, measured values are
`Decimal`, and every row of a clinical table names its source.
"""
