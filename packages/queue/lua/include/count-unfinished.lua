-- How many jobs of a queue are unfinished: waiting, running, prioritized, delayed, or waiting for their children. Six O(1)
-- reads, however long the queue is. `paused` is a list that BullMQ before 6 kept; a count must not forget it. Of what is in
-- `wait`, tombstones are no jobs.
--
-- queue  { wait, active, prioritized, delayed, waitingChildren, pausedList, meta, tombstones? (how many, where it was read) }
local function countWaiting(queue)
  local length, tombstones = redis.call('LLEN', queue.wait), queue.tombstones
  if tombstones == nil then tombstones = redis.call('HGET', queue.meta, 'sluice.tombstones') end
  return tombstones and math.max(length - tonumber(tombstones), 0) or length
end

local function countUnfinished(queue)
  return countWaiting(queue) + redis.call('LLEN', queue.active)
    + redis.call('ZCARD', queue.prioritized) + redis.call('ZCARD', queue.delayed)
    + redis.call('ZCARD', queue.waitingChildren) + redis.call('LLEN', queue.pausedList)
end
