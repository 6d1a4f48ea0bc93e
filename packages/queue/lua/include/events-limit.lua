-- How many events a queue's stream keeps, about: the field `opts.maxLenEvents` of its meta hash. Where a queue has none,
-- BullMQ writes its default with the first job, and so do we.
local EVENTS_LIMIT_DEFAULT = 10000

-- stored: what the field holds, or false
local function eventsLimit(metaKey, stored)
  if stored then return stored end
  redis.call('HSET', metaKey, 'opts.maxLenEvents', EVENTS_LIMIT_DEFAULT)
  return EVENTS_LIMIT_DEFAULT
end
