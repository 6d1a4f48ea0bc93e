--[[
  Which events our scripts add to a queue's stream: the field `sluice.events` of its meta hash, which the newest definition writes
  (claim-capacity.lua). Not there: all, as BullMQ. `ended`: that a job has ended. `none`: none, but while somebody awaits results, whose
  clients keep `sluice:awaited` alive, that a job has ended (writes-ends.lua). What BullMQ's own scripts do is in the stream in any case.

  queue  { eventPolicy }, as meta has it
]]
local function writesAllEvents(queue) return not queue.eventPolicy end
