--[[
  Adds plain jobs as BullMQ's addStandardJob would: no delay, priority, parent, deduplication or LIFO. What all jobs of a
  run share is read and written once: the counter, the wait list, the marker, the trimming of events. A differential test
  compares what is left in Redis with what BullMQ leaves.

  queue  { keys, prefix, maxEvents, paused, concurrency }, as admit-jobs.lua has looked at it
]]
local PUSH_MOST = 1000 -- Lua unpacks no more than 8,000 values

local function leanAdder(queue)
  local call, prefix = redis.call, queue.prefix
  local wait, active, meta, counter, events, marker =
    queue.keys[1], queue.keys[2], queue.keys[7], queue.keys[8], queue.keys[10], queue.keys[11]
  if not queue.maxEvents then
    queue.maxEvents = 10000
    call('HSET', meta, 'opts.maxLenEvents', queue.maxEvents)
  end
  local added, named, pushed, trimmed = {}, 0, false, false
  local adder = {}

  -- BullMQ counts every add, also those that have an id of their own. The counter's value is the id of those who have not.
  local function count()
    local last = call('INCRBY', counter, named)
    named = 0
    return last
  end

  -- Writes what was put off so far.
  function adder.catchUp()
    if named > 0 then count() end
    for first = 1, #added, PUSH_MOST do
      call('LPUSH', wait, unpack(added, first, math.min(first + PUSH_MOST - 1, #added)))
    end
    pushed = pushed or #added > 0
    added = {}
  end

  local function event(name, id)
    if trimmed then return call('XADD', events, '*', 'event', name, 'jobId', id) end
    trimmed = true
    return call('XADD', events, 'MAXLEN', '~', queue.maxEvents, '*', 'event', name, 'jobId', id)
  end

  -- An empty id stands for the next number.
  function adder.create(id, name, at, data, opts)
    named = named + 1
    if id == '' then id = string.format('%.0f', count()) end
    added[#added + 1] = id
    call('HSET', prefix .. id, 'name', name, 'data', data, 'opts', opts, 'timestamp', at, 'delay', '0', 'priority',
      '0')
    call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
    event('waiting', id)
    return id
  end

  -- Duplicates are counted and told, too.
  function adder.duplicate(id)
    named = named + 1
    event('duplicated', id)
    return id
  end

  function adder.finish()
    adder.catchUp()
    local maxed = queue.concurrency and call('LLEN', active) >= tonumber(queue.concurrency)
    if pushed and not queue.paused and not maxed then call('ZADD', marker, '0', '0') end
  end

  return adder
end
