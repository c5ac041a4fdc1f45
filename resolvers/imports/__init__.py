"""Real input: FHIR R4 bundles and HL7 v2 messages, in bulk and as often as one likes.

A reader (`fhir`, `hl7v2`) turns what a sender wrote into drafts of our rows and knows no database;
`intake` writes a batch of drafts in one transaction with a fixed number of statements and knows no
format; `runs` puts them together. Every record that is read has exactly one outcome (`ledger`).
"""
