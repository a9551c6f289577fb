"""The moderators' console: pages of the desk, made on the server, with a little script.

entrance   who comes in: a token, a person that a proxy vouches for, or one on this machine
envelope   headers that let nothing else onto a page
shelf      notes and their pictures, from archives: the register keeps neither
queue      what waits, page by page
cases      one case: proof, words, history, and what can be done
appeals    what an author says beside what was seen, and what a second person decides
pictures   the pictures of a case, at addresses that name nobody
live       what others do is seen at once
insight    what a stretch of time says: volume, precision, appeals, ages, drift
personal   language, keys and look, as each person wants them
"""
