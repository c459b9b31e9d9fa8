"""The court's bank statements: read whole or not at all, matched by rule, or by a named person.

`camt`, `mt940`, `table` read a file's bytes into plain values (pure); `services` stores them;
`matching` places each line by rule; `suspense` lets a person place what no rule could.
"""
