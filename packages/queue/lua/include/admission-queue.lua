--- @include "count-unfinished"
--- @include "positive"
--- @include "capacity" when fallbackCapacity is called
--- @include "waiter-queue" when freeCapacityFor is called
--- @include "evict-jobs" when newEviction is called
--- @include "tombstones" when tombstonesOf is called

-- What admit-jobs reads of a queue before it decides anything.
local KEYS_PER_QUEUE = 15

-- The free capacity: what all jobs leave, or what is left for the ticket. A call without a ticket gets none while others wait.
local function readFreeCapacity(queue, ticket)
  queue.free = queue.capacity and queue.capacity - queue.depth or math.huge
  if not queue.capacity or redis.call('EXISTS', queue.waiters) == 0 then return end
  queue.hasWaiters = true
  queue.free, queue.ahead, queue.deadTickets = freeCapacityFor(queue, queue.free, ticket and ticket.name)
  if not ticket and queue.ahead > 0 then queue.free = 0 end
end

-- keys  of all queues of the call, in their order
local function readQueue(header, q, keys)
  local firstKey = (q - 1) * KEYS_PER_QUEUE
  local wait, active, prioritized, delayed, waitingChildren, pausedList, meta, counter, completed, events, marker, _, failed,
    waiters, tickets = unpack(keys, firstKey + 1, firstKey + KEYS_PER_QUEUE)
  local storedCapacity, isSealed, storedEventsLimit, eventPolicy, isPaused, concurrency, tombstones = unpack(redis.call('HMGET',
    meta, 'sluice.capacity', 'sluice.sealed', 'opts.maxLenEvents', 'sluice.events', 'paused', 'concurrency', 'sluice.tombstones'))
  local capacity = positive(storedCapacity)
  local queue = {
    firstKey = firstKey, prefix = header.prefixes[q], wait = wait, active = active, prioritized = prioritized,
    delayed = delayed, waitingChildren = waitingChildren, pausedList = pausedList, meta = meta, counter = counter,
    completed = completed, events = events, marker = marker, failed = failed, waiters = waiters, tickets = tickets,
    capacity = capacity or fallbackCapacity(meta, header.capacities[q]), isUnclaimed = not capacity,
    isSealed = isSealed == '1', storedEventsLimit = storedEventsLimit, eventPolicy = eventPolicy, isPaused = isPaused,
    concurrency = concurrency, depth = 0, free = 0, ahead = 0, deadTickets = {}, needs = 0, hasWaiters = false, eviction = false, plain = false,
    tombstones = tombstones, lostTombstones = {},
  }
  if tombstones then
    queue.lostTombstones = tombstonesOf(queue).lost()
    queue.tombstones = tonumber(tombstones) - #queue.lostTombstones
  end
  queue.depth = countUnfinished(queue)
  readFreeCapacity(queue, header.ticket)
  queue.eviction = header.drop and newEviction(queue, header.drop)
  return queue
end
