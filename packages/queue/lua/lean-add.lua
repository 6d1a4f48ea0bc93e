--[[
  Adds plain jobs as BullMQ's addStandardJob would: no delay, priority, parent, deduplication or LIFO, and an id of the
  caller's. What all jobs of a run share is read and written once: the counter, the wait list, the marker. A differential
  test compares what is left in Redis with what BullMQ leaves.

  queue.keys are those of admit-jobs.lua.
]]
local function leanAdder(queue)
  local keys = queue.keys
  local wait, active, meta, counter, events, marker = keys[1], keys[2], keys[7], keys[8], keys[10], keys[11]
  local maxEvents = redis.call('HGET', meta, 'opts.maxLenEvents')
  if not maxEvents then
    maxEvents = 10000
    redis.call('HSET', meta, 'opts.maxLenEvents', maxEvents)
  end
  local added, counted = {}, 0

  local function event(name, id)
    redis.call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'event', name, 'jobId', id)
  end

  local adder = {}

  function adder.create(entry, data, opts)
    local id = entry.id
    counted = counted + 1
    added[#added + 1] = id
    redis.call('HSET', queue.prefix .. id, 'name', entry.name, 'data', data, 'opts', opts, 'timestamp', entry.at,
      'delay', 0, 'priority', 0)
    redis.call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', entry.name)
    event('waiting', id)
    return id
  end

  -- BullMQ counts and tells duplicates, too.
  function adder.duplicate(entry)
    counted = counted + 1
    event('duplicated', entry.id)
    return entry.id
  end

  function adder.finish()
    if counted > 0 then redis.call('INCRBY', counter, counted) end
    if #added == 0 then return end
    redis.call('LPUSH', wait, unpack(added))
    local limits = redis.call('HMGET', meta, 'paused', 'concurrency')
    local maxed = limits[2] and redis.call('LLEN', active) >= tonumber(limits[2])
    if not limits[1] and not maxed then redis.call('ZADD', marker, 0, '0') end
  end

  return adder
end
