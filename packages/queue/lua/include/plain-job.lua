--- @include "event-policy"

-- Writes a job without delay, priority, parent or deduplication, as BullMQ's addStandardJob does. The caller counts it in `id`,
-- lists it, emits that it waits, and wakes a worker.
--
-- queue  { prefix, events, eventPolicy }; opts: as JSON
local function writePlainJob(queue, id, name, at, data, opts)
  redis.call('HSET', queue.prefix .. id, 'name', name, 'data', data, 'opts', opts, 'timestamp', at, 'delay', '0',
    'priority', '0')
  if writesAllEvents(queue) then redis.call('XADD', queue.events, '*', 'event', 'added', 'jobId', id, 'name', name) end
end
