--- @include "capacity-keys"

-- The keys of a queue that scripts about its schedules are given, from a position on, and what its jobs' keys start with.
local function scheduleKeys(first, prefix)
  local schedules, id, events, marker = unpack(KEYS, first, first + 3)
  local queue = capacityKeys(first + 4)
  queue.prefix, queue['repeat'], queue.id, queue.events, queue.marker = prefix, schedules, id, events, marker
  return queue
end

-- Removes the iteration that is to come, if it has not been taken. Returns whether there was one.
local function removePending(queue, schedule, dueMs)
  local id = 'repeat:' .. schedule .. ':' .. dueMs
  local was = (redis.call('ZREM', queue.delayed, id) == 1 and 'delayed')
    or (redis.call('ZREM', queue.prioritized, id) == 1 and 'prioritized')
    or (redis.call('LREM', queue.wait, 1, id) == 1 and 'waiting')
  if not was then return false end
  redis.call('DEL', queue.prefix .. id, queue.prefix .. id .. ':logs')
  redis.call('XADD', queue.events, '*', 'event', 'removed', 'jobId', id, 'prev', was)
  return true
end

local function isPending(queue, schedule, dueMs)
  local id = 'repeat:' .. schedule .. ':' .. dueMs
  return redis.call('ZSCORE', queue.delayed, id) or redis.call('ZSCORE', queue.prioritized, id)
    or redis.call('LPOS', queue.wait, id)
end

-- A score as the digits that job ids have.
local function digitsOf(score)
  return score and string.format('%.0f', tonumber(score))
end
