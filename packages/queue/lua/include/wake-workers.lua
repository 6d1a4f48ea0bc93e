-- Wakes an idle worker by BullMQ's marker, at which all of them block; not while the queue is paused, or runs as many jobs as
-- its global concurrency allows: nobody could take a job.
--
-- queue  { marker, active, isPaused, concurrency }, the last two as they stand in meta
local function wakeWorkers(queue)
  if queue.isPaused then return end
  local isMaxed = queue.concurrency and redis.call('LLEN', queue.active) >= tonumber(queue.concurrency)
  if not isMaxed then redis.call('ZADD', queue.marker, '0', '0') end
end
