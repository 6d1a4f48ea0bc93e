--- @include "positive"
--- @include "count-unfinished"

-- What the short ways of admission read of a queue, whose jobs' keys start with this prefix.
--
-- Returns the queue if this number of plain jobs can be added without a closer look: it has a capacity in Redis that is free for all
-- of them, it is not sealed, and there are neither waiting puts nor tombstones. Else nil: admit-batch decides.
local function openQueue(prefix, jobs)
  local meta = prefix .. 'meta'
  local capacity, isSealed, storedEventsLimit, eventPolicy, isPaused, concurrency, tombstones = unpack(redis.call('HMGET', meta,
    'sluice.capacity', 'sluice.sealed', 'opts.maxLenEvents', 'sluice.events', 'paused', 'concurrency', 'sluice.tombstones'))
  if not positive(capacity) or isSealed == '1' or tombstones or redis.call('EXISTS', prefix .. 'sluice:waiters') == 1 then return nil end
  local queue = {
    prefix = prefix, wait = prefix .. 'wait', active = prefix .. 'active', prioritized = prefix .. 'prioritized',
    delayed = prefix .. 'delayed', waitingChildren = prefix .. 'waiting-children', pausedList = prefix .. 'paused', meta = meta,
    counter = prefix .. 'id', events = prefix .. 'events', marker = prefix .. 'marker', capacity = capacity,
    storedEventsLimit = storedEventsLimit, eventPolicy = eventPolicy, isPaused = isPaused, concurrency = concurrency,
    tombstones = false,
  }
  queue.depth = countUnfinished(queue)
  return queue.depth + jobs <= tonumber(capacity) and queue or nil
end
