--- @include "fence"
--- @include "shared-process" when noteSharedProcess is called
--- @include "scores"

--[[
  Takes jobs as BullMQ's moveToActive would, many at once: the oldest of the wait list, then the most urgent prioritized ones.
  What concerns the whole queue and is not plain (pause, limits of concurrency or rate) is left to BullMQ's own script; delayed
  jobs that are due are moved here as it would. What is special about one job is reported to the pool, which acts on it. Crash
  suspects are passed over, unless they alone are wanted.

  queue  { prefix, now, meta, pc, marker, events, wait, active, prioritized, delayed, storedFence, isLimited, suspects?,
         onlySuspects }
  lease  { ms, worker, pool, isShared, alone }
]]
local TAKE_MAX_BYTES = 1048576 -- of job data in one call; the rest comes with the next
local PROMOTE_MAX = 200

-- Moves delayed jobs that are due to wait. False: one of them is not a job's hash, and nothing was changed.
local function promoteDue(queue)
  local due = string.format('%.0f', (tonumber(queue.now) + 1) * DUE_UNIT - 1)
  local ids = redis.call('ZRANGEBYSCORE', queue.delayed, 0, due, 'LIMIT', 0, PROMOTE_MAX)
  if #ids == 0 then return true end
  local priorities = {}
  for i, id in ipairs(ids) do
    local priority = redis.pcall('HGET', queue.prefix .. id, 'priority')
    if type(priority) == 'table' then return false end
    priorities[i] = tonumber(priority) or 0
  end
  redis.call('ZREM', queue.delayed, unpack(ids))
  for i, id in ipairs(ids) do
    if priorities[i] == 0 then
      redis.call('LPUSH', queue.wait, id)
    else
      local score = priorities[i] * PRIORITY_UNIT + redis.call('INCR', queue.pc) % PRIORITY_UNIT
      redis.call('ZADD', queue.prioritized, string.format('%.0f', score), id)
    end
    redis.call('XADD', queue.events, '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed')
    redis.call('HSET', queue.prefix .. id, 'delay', 0)
  end
  redis.call('ZADD', queue.marker, 0, '0')
  return true
end

-- Reads the next jobs, up to `most` of them. Ends before a job that BullMQ's script must take
-- ('needs-bullmq-script'), before one that it has seen (BullMQ can add the next job of a deduplication under an id that is
-- there), and when there is enough data for one call ('more').
local function readAhead(queue, batch, most, ids, from, to, step)
  for i = from, to, step do
    if batch.count == most then return end
    local id = ids[i]
    if string.sub(id, 1, 2) == '0:' then batch.ends = 'needs-bullmq-script' return end -- a marker that BullMQ 4 left
    if batch.seen[id] then batch.ends = 'more' return end
    local job = redis.pcall('HMGET', queue.prefix .. id, 'name', 'data', 'opts', 'atm', 'ats', 'stc', 'priority', 'defa',
      'stacktrace', 'rjk')
    if job.err then batch.ends = 'needs-bullmq-script' return end
    batch.count = batch.count + 1
    batch.ids[batch.count], batch.jobs[batch.count], batch.seen[id] = id, job, true
    batch.bytes = batch.bytes + #(job[2] or '')
    if batch.bytes >= TAKE_MAX_BYTES then batch.ends = 'more' return end
  end
end

local function nextDue(queue)
  local first = redis.call('ZRANGE', queue.delayed, 0, 0, 'WITHSCORES')
  return first[2] and string.format('%.0f', dueMsOf(first[2])) or false
end

-- The next ids of the wait list, and how deep each lies if others that are not wanted may lie between them.
local function nextWaiting(queue, most)
  if queue.onlySuspects then return queue.suspects:nextSuspects(queue.wait, most) end
  if queue.suspects then return queue.suspects:nextOthers(queue.wait, most) end
  return redis.call('LRANGE', queue.wait, -most, -1), nil
end

local function takeOffWait(queue, batch, waiting, depths)
  if waiting == 0 then return end
  if not depths then
    redis.call('RPOP', queue.wait, waiting)
    return
  end
  queue.suspects:takeOff(queue.wait, { unpack(batch.ids, 1, waiting) }, depths[waiting])
  if queue.onlySuspects then redis.call('ZREM', queue.suspects.key, unpack(batch.ids)) end
end

-- Moves the jobs that were read to active, each under a lease of its own.
local function activate(queue, batch, waiting, depths, lease)
  local urgent = batch.count - waiting
  takeOffWait(queue, batch, waiting, depths)
  if urgent > 0 then redis.call('ZPOPMIN', queue.prioritized, urgent) end
  redis.call('LPUSH', queue.active, unpack(batch.ids))
  local fence = lastFence(queue.storedFence)
  local isShared = lease.isShared or batch.count > 1
  for i, id in ipairs(batch.ids) do
    local jobKey, started = queue.prefix .. id, (tonumber(batch.jobs[i][5]) or 0) + 1
    local token, by = deliveryOf(lease.pool, fence + i, started)
    redis.call('SET', jobKey .. ':lock', token, 'PX', lease.ms)
    redis.call('XADD', queue.events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
    if isShared then
      redis.call('HSET', jobKey, 'processedOn', queue.now, 'pb', lease.worker, 'ats', started, 'sluice.by', by,
        'sluice.sharedDelivery', started)
    else
      redis.call('HSET', jobKey, 'processedOn', queue.now, 'pb', lease.worker, 'ats', started, 'sluice.by', by)
    end
  end
  if lease.alone ~= '' then noteSharedProcess(queue.prefix, lease.alone) end
  storeFence(queue.meta, fence + batch.count)
  redis.call('ZADD', queue.marker, 0, '0')
  return string.format('%.0f', fence)
end

-- What the pool is sent: id, name, data, opts and four numbers of every job; and what few jobs have, by the job's position.
local function report(batch)
  local jobs, rare = {}, {}
  for i, job in ipairs(batch.jobs) do
    local at = 5 * i
    jobs[at - 4], jobs[at - 3], jobs[at - 2], jobs[at - 1] = batch.ids[i], job[1], job[2], job[3]
    jobs[at] = (job[4] or '') .. ' ' .. (job[5] or '') .. ' ' .. (job[6] or '') .. ' ' .. (job[7] or '')
    if job[8] or job[9] or job[10] then rare[#rare + 1] = { i, job[8], job[9], job[10] } end
  end
  return jobs, rare
end

-- Returns how it ended ('more': there may be more; 'empty'; 'needs-bullmq-script': BullMQ's script must take), when the next
-- delayed job is due, the fence before the first job's, the jobs as `report` gives them, and how many they are.
local function takeJobs(queue, most, lease)
  if queue.isLimited or not promoteDue(queue) then return 'needs-bullmq-script', false, false, {}, {}, 0 end
  local batch = { ids = {}, jobs = {}, seen = {}, count = 0, bytes = 0 }
  local ids, depths = nextWaiting(queue, most)
  if depths then readAhead(queue, batch, most, ids, 1, #ids, 1) else readAhead(queue, batch, most, ids, #ids, 1, -1) end
  local waiting = batch.count
  if not batch.ends and waiting < most and not queue.onlySuspects then
    ids = redis.call('ZRANGE', queue.prioritized, 0, most - waiting - 1)
    readAhead(queue, batch, most, ids, 1, #ids, 1)
  end
  local ends = batch.ends or (batch.count < most and 'empty' or 'more')
  if queue.onlySuspects then
    if batch.count == 0 and ends == 'needs-bullmq-script' then redis.call('ZREM', queue.suspects.key, ids[1]) end
    ends = 'more'
  end
  if ends == 'empty' then redis.call('DEL', queue.pc) end
  local fence = batch.count > 0 and activate(queue, batch, waiting, depths, lease)
  local jobs, rare = report(batch)
  return ends, ends == 'empty' and nextDue(queue), fence, jobs, rare, batch.count
end
