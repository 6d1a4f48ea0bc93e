--- @include "job-keys"

-- Removes an ended job whose id is new again, as BullMQ would have removed it for its age.
local function removeEndedJob(queue, id, set)
  redis.call('ZREM', set, id)
  redis.call('DEL', jobKeysOf(queue.prefix .. id))
end
