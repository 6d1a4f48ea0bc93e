--- @include "scores"

-- When the first delayed job is due, in ms; nil for none.
local function nextDue(queue)
  local first = redis.call('ZRANGE', queue.delayed, 0, 0, 'WITHSCORES')
  return first[2] and dueMsOf(first[2])
end
