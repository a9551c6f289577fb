"""What the publish service keeps in the register, beside what is judged.

submissions   what was asked under which key, and what was answered
holds         pictures reserved until the platform says what became of the note
debts         partial verdicts whose final ones are owed
events        the outbox
endpoints     its subscribers
deliveries    what they have received
tokens        who may ask
counts        how often something happened in an hour
shadows       what another policy would have decided
appeals       what authors say against verdicts
"""
