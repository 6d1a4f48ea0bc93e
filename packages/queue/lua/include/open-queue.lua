--- @include "positive"
--- @include "count-unfinished" when countUnfinished is called

-- What the short ways of admission read of a queue, whose jobs' keys start with this prefix.
--
-- Returns the queue if this number of plain jobs can be added without a closer look: it has a capacity in Redis that is free for all
-- of them, it is not sealed, there are neither waiting puts nor tombstones, and its limit of events is written down. Else nil:
-- admit-batch decides.
local function openQueue(prefix, jobs)
  local call, meta, waiters = redis.call, prefix .. 'meta', prefix .. 'sluice:waiters'
  local capacity, isSealed, eventsLimit, eventPolicy, isPaused, concurrency, tombstones = unpack(call('HMGET', meta,
    'sluice.capacity', 'sluice.sealed', 'opts.maxLenEvents', 'sluice.events', 'paused', 'concurrency', 'sluice.tombstones'))
  if not positive(capacity) or isSealed == '1' or tombstones or not eventsLimit then return nil end
  local wait, active, prioritized, delayed = prefix .. 'wait', prefix .. 'active', prefix .. 'prioritized', prefix .. 'delayed'
  local waitingChildren, pausedList = prefix .. 'waiting-children', prefix .. 'paused'
  local depth
  -- Most queues have nothing but jobs that wait and run: one command shows it, where to count the others takes four more.
  if call('EXISTS', waiters, prioritized, delayed, waitingChildren, pausedList) == 0 then
    depth = call('LLEN', wait) + call('LLEN', active)
  elseif call('EXISTS', waiters) == 1 then
    return nil
  else
    depth = countUnfinished({
      wait = wait, active = active, prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren,
      pausedList = pausedList, meta = meta, tombstones = false,
    })
  end
  if depth + jobs > tonumber(capacity) then return nil end
  return {
    prefix = prefix, wait = wait, active = active, meta = meta, counter = prefix .. 'id', events = prefix .. 'events',
    marker = prefix .. 'marker', capacity = capacity, depth = depth, eventsLimit = eventsLimit, eventPolicy = eventPolicy,
    isPaused = isPaused, concurrency = concurrency,
  }
end
