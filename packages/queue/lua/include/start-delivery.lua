--- @include "event-policy"
--- @include "fence"

-- What a delivery needs of a job, and what it leaves in Redis; the same for one job and for many.

-- The fields of a job that a take reads; a table with `err` for a key that is no hash.
local function readFields(jobKey)
  return redis.pcall('HMGET', jobKey, 'name', 'data', 'opts', 'atm', 'ats', 'stc', 'priority', 'defa', 'stacktrace', 'rjk', 'timestamp')
end

-- "atm ats stc priority timestamp" of such fields, as the pool is sent them.
local function numbersOf(job)
  return (job[4] or '') .. ' ' .. (job[5] or '') .. ' ' .. (job[6] or '') .. ' ' .. (job[7] or '') .. ' ' .. (job[11] or '')
end

-- Gives a job that is in `active` its lease.
--
-- queue     { prefix, now, events, eventPolicy }
-- lease     { ms, worker, pool }
-- isShared  whether other jobs run in the same process
local function startDelivery(queue, lease, id, job, fence, isShared)
  local jobKey, started = queue.prefix .. id, (tonumber(job[5]) or 0) + 1
  local token, by = deliveryOf(lease.pool, fence, started)
  redis.call('SET', jobKey .. ':lock', token, 'PX', lease.ms)
  if writesAllEvents(queue) then redis.call('XADD', queue.events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting') end
  if isShared then
    redis.call('HSET', jobKey, 'processedOn', queue.now, 'pb', lease.worker, 'ats', started, 'sluice.by', by,
      'sluice.sharedDelivery', started)
  else
    redis.call('HSET', jobKey, 'processedOn', queue.now, 'pb', lease.worker, 'ats', started, 'sluice.by', by)
  end
end
