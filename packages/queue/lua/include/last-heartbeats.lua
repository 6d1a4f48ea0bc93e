--- @include "clock"

--[[
  When each pool of the queue was last heard of, and what it said of itself then. It outlives the pool, so that a sweep can tell how a
  worker ended: it was draining when somebody killed it, or its machine went down with all that ran there.

    sluice:last-heartbeats  sorted set: "<pool> <machine> <process> <runs | drains>" → the time of its last heartbeat, in ms. A pool
                            that closes takes its entry back, so only the living and those that died are here: the last 5,000,
                            for a day
]]
local HEARTBEATS_KEPT = 5000
local HEARTBEATS_EXPIRE_MS = 86400000

-- pool  { pool, machine, process, drains }
local function noteHeartbeat(key, pool)
  local entry = pool.pool .. ' ' .. pool.machine .. ' ' .. pool.process
  local added = redis.call('ZADD', key, string.format('%.0f', nowMs()), entry .. (pool.drains and ' drains' or ' runs'))
  if added > 0 then
    if pool.drains then redis.call('ZREM', key, entry .. ' runs') end
    redis.call('ZREMRANGEBYRANK', key, 0, -HEARTBEATS_KEPT - 1)
  end
  redis.call('PEXPIRE', key, HEARTBEATS_EXPIRE_MS)
end
