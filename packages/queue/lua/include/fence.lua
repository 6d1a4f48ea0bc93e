--- @include "clock"

--[[
  Fencing tokens: numbers that grow from delivery to delivery of one queue, so that a store that remembers the largest one it
  has seen can refuse a worker whose lease is lost. A fence is Redis's clock in microseconds, or one more than the last one: so
  fences grow also over a queue that was obliterated, which forgets the last one. Below 2^53, and printed by '%.0f': Lua would
  print 14 digits.
]]

-- The fence before the next one, from the one that was stored. Writes nothing.
local function lastFence(stored)
  return math.max(tonumber(stored) or 0, nowMicros())
end

local function storeFence(metaKey, fence)
  redis.call('HSET', metaKey, 'sluice.fence', string.format('%.0f', fence))
end

-- The lock token of a delivery, and what its job's hash says of it: `sluice.by`, the number of the delivery (BullMQ counts
-- it, whichever worker takes the job) and the token. As long as that number is the job's `ats`, the last delivery was one of ours.
local function deliveryOf(pool, fence, started)
  local token = pool .. ':' .. string.format('%.0f', fence)
  return token, string.format('%.0f', started) .. ':' .. token
end
