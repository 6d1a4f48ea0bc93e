-- How many jobs of a queue are unfinished: waiting, running, prioritized, delayed, or waiting for their children. Six O(1)
-- reads, however long the queue is. `paused` is a list that BullMQ before 6 kept; a count must not forget it.
--
-- queue  { wait, active, prioritized, delayed, waitingChildren, pausedList }
local function countUnfinished(queue)
  return redis.call('LLEN', queue.wait) + redis.call('LLEN', queue.active)
    + redis.call('ZCARD', queue.prioritized) + redis.call('ZCARD', queue.delayed)
    + redis.call('ZCARD', queue.waitingChildren) + redis.call('LLEN', queue.pausedList)
end
