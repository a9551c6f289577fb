"""Events on their way out, and notes on their way in; the HTTP service needs neither.

addresses    where events may go: webhooks and streams
schedule     when a failed attempt is made again
secrets      of webhooks
message      an event as subscribers read it
webhooks     signed and sent over HTTP
streams      added to a Redis stream
delivering   the loop that takes, sends and records
consuming    notes from a Redis stream, to the gate
inbound      one entry of that stream
"""
