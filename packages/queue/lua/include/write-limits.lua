-- Limits of a queue and of its contracts, as they are stored; see job-limits.lua. A limit of 0 is none, and an empty one stays as it is.

local function setQueueField(meta, field, value)
  if value == '' then return end
  if value == '0' then redis.call('HDEL', meta, field) else redis.call('HSET', meta, field, value) end
end

local function writeQueueLimits(meta, running, jobs, perMs)
  setQueueField(meta, 'concurrency', running)
  setQueueField(meta, 'max', jobs)
  setQueueField(meta, 'duration', perMs)
end

local function otherwise(value, known) return value ~= '' and value or known or '0' end

-- Those that run already count from now on.
local function seedRunning(queue, name)
  local key = queue.prefix .. 'sluice:running:' .. name
  redis.call('DEL', key)
  for _, id in ipairs(redis.call('LRANGE', queue.active, 0, -1)) do
    if redis.pcall('HGET', queue.prefix .. id, 'name') == name then redis.call('SADD', key, id) end
  end
end

-- queue  { prefix, meta, active }
-- Returns whether one more contract may have limits.
local function writeContractLimits(queue, name, running, jobs, perMs, paused, contractsMax)
  local limits, meta = queue.prefix .. 'sluice:limits', queue.meta
  local known = { string.match(redis.call('HGET', limits, name) or '', '^(%d+) (%d+) (%d+) (%d)$') }
  if not known[1] and redis.call('HLEN', limits) >= tonumber(contractsMax) then return false end
  local now = {
    otherwise(running, known[1]), otherwise(jobs, known[2]), otherwise(perMs, known[3]), otherwise(paused, known[4]),
  }
  if now[1] == '0' then redis.call('DEL', queue.prefix .. 'sluice:running:' .. name) end
  if now[1] ~= '0' and (known[1] or '0') == '0' then seedRunning(queue, name) end
  if now[2] == '0' or now[2] .. now[3] ~= (known[2] or '') .. (known[3] or '') then
    redis.call('DEL', queue.prefix .. 'sluice:starts:' .. name)
  end
  local stored = table.concat(now, ' ')
  if stored == '0 0 0 0' then redis.call('HDEL', limits, name) else redis.call('HSET', limits, name, stored) end
  if redis.call('EXISTS', limits, queue.prefix .. 'sluice:parked') == 0 then
    redis.call('HDEL', meta, 'sluice.limits')
  else
    redis.call('HSETNX', meta, 'sluice.limits', 0)
  end
  return true
end

-- Jobs that a limit held back may be taken now.
local function wakeForLimits(meta, marker)
  if redis.call('HEXISTS', meta, 'paused') == 0 then redis.call('ZADD', marker, 0, '0') end
end
