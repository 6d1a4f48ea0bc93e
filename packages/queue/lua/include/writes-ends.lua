-- Whether our scripts add to a queue's stream that a job has ended; see event-policy.lua.
--
-- queue  { prefix, eventPolicy }, the latter as meta has it
local function writesEnds(queue)
  return queue.eventPolicy ~= 'none' or redis.call('EXISTS', queue.prefix .. 'sluice:awaited') == 1
end
