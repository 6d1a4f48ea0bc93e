--- @include "clock"

--[[
  Fences: numbers that grow from delivery to delivery of one queue, so that a store that remembers the highest one it has
  seen can refuse a worker that was overtaken. Redis's clock in microseconds, or one more than the last one drawn: so they
  grow also over a queue that was obliterated, which forgets the last one. Below 2^53, and printed by '%.0f': Lua would
  print 14 digits.
]]
-- The fence before the first of the next ones, from the one that was remembered; nothing is written.
local function lastFence(remembered)
  return math.max(tonumber(remembered) or 0, nowMicros())
end

local function rememberFence(metaKey, fence)
  redis.call('HSET', metaKey, 'sluice.fence', string.format('%.0f', fence))
end

-- The lock token of a delivery, and what its job's hash says of it: `sluice.by`, the number of the delivery (BullMQ counts
-- it, whoever takes) and the token. As long as that number is the job's `ats`, the last one who took it was one of ours.
local function deliveryOf(pool, fence, started)
  local token = pool .. ':' .. string.format('%.0f', fence)
  return token, string.format('%.0f', started) .. ':' .. token
end

-- `sluice.beside` of a job's hash is the number of the last delivery during which other jobs ran in the same process. A job
-- that was alone until now is named by "<number of the delivery> <id>".
local function noteCompany(prefix, alone)
  local number, id = string.match(alone or '', '^(%d+) (.+)$')
  if not number or redis.call('HGET', prefix .. id, 'ats') ~= number then return end
  redis.call('HSET', prefix .. id, 'sluice.beside', number)
end
