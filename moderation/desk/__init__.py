"""The moderators' desk: cases are taken, decided, undone, and take effect.

choices    what may be chosen, and what each means for the note and for the machine
people     who may do what
ruling     the verdict that a person's word makes of the machine's; pure
reported   the same where readers have asked; pure
effect     what was decided becomes the verdict, with pictures, events and answers
oversight  which decisions need two people, and what is asked again of somebody else
settling   decisions take effect once they cannot be undone
insight    numbers over a stretch of time; `answers` and `decision_rows` are its parts
desk       all of it, for the console and whoever else has moderators
"""

from moderation.desk.choices import CHOICES, Choice, choice_named
from moderation.desk.desk import Desk
from moderation.desk.people import Person, Role
from moderation.desk.settling import Settled

__all__ = ["CHOICES", "Choice", "Desk", "Person", "Role", "Settled", "choice_named"]
