--- @include "event-policy"
--- @include "plain-job"
--- @include "events-limit"
--- @include "wake-workers"

--[[
  The fast path: adds plain jobs as BullMQ's addStandardJob would, those without delay, priority, parent, deduplication or LIFO.
  What all jobs of a call share is read and written once: the counter, the wait list, the marker, the trimming of events. A
  differential test compares what is left in Redis with what BullMQ leaves.

  queue  { prefix, wait, active, meta, counter, events, marker, storedEventsLimit, eventPolicy, isPaused, concurrency }
]]
local PUSH_MAX = 1000 -- Lua unpacks no more than 8,000 values

local function plainAdder(queue)
  local call, events = redis.call, queue.events
  local limit = eventsLimit(queue.meta, queue.storedEventsLimit)
  local added, uncounted, hasPushed, hasTrimmed, writesAll = {}, 0, false, false, writesAllEvents(queue)
  local adder = {}

  -- BullMQ counts every add, also those that have an id of their own. The counter's value is the id of those who have not.
  local function count()
    local last = call('INCRBY', queue.counter, uncounted)
    uncounted = 0
    return last
  end

  -- Writes what was put off so far.
  function adder.catchUp()
    if uncounted > 0 then count() end
    for first = 1, #added, PUSH_MAX do
      call('LPUSH', queue.wait, unpack(added, first, math.min(first + PUSH_MAX - 1, #added)))
    end
    hasPushed = hasPushed or #added > 0
    added = {}
  end

  local function event(name, id)
    if not writesAll then return end
    if hasTrimmed then return call('XADD', events, '*', 'event', name, 'jobId', id) end
    hasTrimmed = true
    return call('XADD', events, 'MAXLEN', '~', limit, '*', 'event', name, 'jobId', id)
  end

  -- An empty id stands for the next number.
  function adder.create(id, name, at, data, opts)
    uncounted = uncounted + 1
    if id == '' then id = string.format('%.0f', count()) end
    added[#added + 1] = id
    writePlainJob(queue, id, name, at, data, opts)
    event('waiting', id)
    return id
  end

  -- BullMQ counts a duplicate, too, and emits an event for it.
  function adder.duplicate(id)
    uncounted = uncounted + 1
    event('duplicated', id)
    return id
  end

  function adder.finish()
    adder.catchUp()
    if hasPushed then wakeWorkers(queue) end
  end

  return adder
end
