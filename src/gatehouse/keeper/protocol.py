"""The door to all that is said over the keeper's socket: requests, replies, their terms, and the labels of cells.

Frames are a 4-byte big-endian length and MessagePack. One connection carries requests one after another; the reply
is the verb's reply type or `Refused`. docs/specs/keeper.md is the specification; these are its types.
"""

from gatehouse.keeper.labels import LABELS as LABELS
from gatehouse.keeper.labels import Budget as Budget
from gatehouse.keeper.labels import KeyClass as KeyClass
from gatehouse.keeper.labels import Label as Label
from gatehouse.keeper.labels import PassageFacts as PassageFacts
from gatehouse.keeper.labels import StayEntry as StayEntry
from gatehouse.keeper.replies import Admissions as Admissions
from gatehouse.keeper.replies import Admitted as Admitted
from gatehouse.keeper.replies import Alike as Alike
from gatehouse.keeper.replies import AnyReply as AnyReply
from gatehouse.keeper.replies import Bytes as Bytes
from gatehouse.keeper.replies import Claimed as Claimed
from gatehouse.keeper.replies import Done as Done
from gatehouse.keeper.replies import Entered as Entered
from gatehouse.keeper.replies import Lane as Lane
from gatehouse.keeper.replies import Located as Located
from gatehouse.keeper.replies import Look as Look
from gatehouse.keeper.replies import LookList as LookList
from gatehouse.keeper.replies import Names as Names
from gatehouse.keeper.replies import Plated as Plated
from gatehouse.keeper.replies import PlateTokens as PlateTokens
from gatehouse.keeper.replies import Refused as Refused
from gatehouse.keeper.replies import Reply as Reply
from gatehouse.keeper.replies import Retokened as Retokened
from gatehouse.keeper.replies import Revealed as Revealed
from gatehouse.keeper.replies import Sealed as Sealed
from gatehouse.keeper.replies import Second as Second
from gatehouse.keeper.replies import Text as Text
from gatehouse.keeper.replies import TicketReply as TicketReply
from gatehouse.keeper.replies import Unadmitted as Unadmitted
from gatehouse.keeper.replies import UsageList as UsageList
from gatehouse.keeper.replies import UsageRow as UsageRow
from gatehouse.keeper.replies import Welcome as Welcome
from gatehouse.keeper.requests import Admit as Admit
from gatehouse.keeper.requests import AnyRequest as AnyRequest
from gatehouse.keeper.requests import Checkpoint as Checkpoint
from gatehouse.keeper.requests import Claim as Claim
from gatehouse.keeper.requests import EnrolEdge as EnrolEdge
from gatehouse.keeper.requests import Find as Find
from gatehouse.keeper.requests import Forget as Forget
from gatehouse.keeper.requests import ForgetDays as ForgetDays
from gatehouse.keeper.requests import Hello as Hello
from gatehouse.keeper.requests import Index as Index
from gatehouse.keeper.requests import Invite as Invite
from gatehouse.keeper.requests import Locate as Locate
from gatehouse.keeper.requests import Looks as Looks
from gatehouse.keeper.requests import Note as Note
from gatehouse.keeper.requests import Request as Request
from gatehouse.keeper.requests import Reseal as Reseal
from gatehouse.keeper.requests import Resemble as Resemble
from gatehouse.keeper.requests import Retoken as Retoken
from gatehouse.keeper.requests import Reveal as Reveal
from gatehouse.keeper.requests import Seal as Seal
from gatehouse.keeper.requests import SecondPlate as SecondPlate
from gatehouse.keeper.requests import Secret as Secret
from gatehouse.keeper.requests import Sign as Sign
from gatehouse.keeper.requests import SignIn as SignIn
from gatehouse.keeper.requests import SignOut as SignOut
from gatehouse.keeper.requests import StayCells as StayCells
from gatehouse.keeper.requests import Tokens as Tokens
from gatehouse.keeper.requests import Usage as Usage
from gatehouse.keeper.requests import Who as Who
from gatehouse.keeper.requests import WhoAmI as WhoAmI
from gatehouse.keeper.terms import Authority as Authority
from gatehouse.keeper.terms import Cell as Cell
from gatehouse.keeper.terms import Owner as Owner
from gatehouse.keeper.terms import Plain as Plain
from gatehouse.keeper.terms import Role as Role
from gatehouse.keeper.terms import Ticket as Ticket
from gatehouse.keeper.terms import second_row as second_row

FRAME_LIMIT = 64 * 1024 * 1024
