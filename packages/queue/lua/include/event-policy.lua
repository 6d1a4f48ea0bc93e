--[[
  Which events our scripts add to a queue's stream: the field `sluice.events` of its meta hash, which the newest definition writes
  (claim-capacity.lua). Not there: all, as BullMQ. `ended`: that a job has ended. `none`: none, but while somebody awaits results, whose
  clients keep `sluice:awaited` alive, that a job has ended. What BullMQ's own scripts do is in the stream in any case.

  queue  { prefix, eventPolicy }, the latter as meta has it
]]
local function writesAllEvents(queue) return not queue.eventPolicy end

local function writesEnds(queue)
  return queue.eventPolicy ~= 'none' or redis.call('EXISTS', queue.prefix .. 'sluice:awaited') == 1
end
