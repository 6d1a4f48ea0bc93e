--- @include "event-policy"
--- @include "fence"
--- @include "start-delivery"
--- @include "shared-process" when noteSharedProcess is called
--- @include "next-due"
--- @include "scores"
--- @include "tombstones"

--[[
  Takes jobs as BullMQ's moveToActive would, many at once: the oldest of the wait list, then the most urgent prioritized ones.
  Delayed jobs that are due are moved as it would. What is special about one job is reported to the pool, which acts on it. Crash
  suspects are passed over, unless they alone are wanted. A job whose contract is limited is parked, see job-limits.lua. Tombstones
  are dropped, see tombstones.lua.

  queue  { prefix, now, meta, pc, marker, events, wait, active, prioritized, delayed, storedFence, eventPolicy, isPaused, concurrency,
         maxRate, limits?, suspects?, onlySuspects, hasTombstones? }
  lease  { ms, worker, pool, isShared, alone }
]]
local TAKE_MAX_BYTES = 1048576 -- of job data in one call; the rest comes with the next
local PROMOTE_MAX = 200
local PARK_MAX = 500 -- jobs that one call parks; the next one goes on behind them
local DROP_MAX = 1000 -- tombstones that one call drops
local DROP_WITH_SUSPECTS = 100 -- of them, while crash suspects wait

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
  local writesAll = writesAllEvents(queue)
  for i, id in ipairs(ids) do
    if priorities[i] == 0 then
      redis.call('LPUSH', queue.wait, id)
    else
      local score = priorities[i] * PRIORITY_UNIT + redis.call('INCR', queue.pc) % PRIORITY_UNIT
      redis.call('ZADD', queue.prioritized, string.format('%.0f', score), id)
    end
    if writesAll then redis.call('XADD', queue.events, '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed') end
    redis.call('HSET', queue.prefix .. id, 'delay', 0)
  end
  local isMaxed = queue.concurrency and redis.call('LLEN', queue.active) >= tonumber(queue.concurrency)
  if not queue.isPaused and not isMaxed then redis.call('ZADD', queue.marker, 0, '0') end
  return true
end

-- BullMQ's two limits of a whole queue. Returns how many of `most` may start now, and for how many ms none may, by its rate.
local function limitOfQueue(queue, most)
  if queue.maxRate then
    local limiter, max = queue.prefix .. 'limiter', tonumber(queue.maxRate)
    local started = tonumber(redis.call('GET', limiter)) or 0
    local leftMs = started > 0 and redis.call('PTTL', limiter) or 0
    if started >= max and leftMs > 0 then return 0, leftMs end
    most = math.min(most, leftMs > 0 and max - started or max)
  end
  if queue.concurrency then most = math.min(most, tonumber(queue.concurrency) - redis.call('LLEN', queue.active)) end
  return queue.isPaused and 0 or most, 0
end

-- As BullMQ counts them: a window begins with its first start.
local function countStarts(queue, batch)
  local count, limiter = batch.count, queue.prefix .. 'limiter'
  for _, job in ipairs(batch.jobs) do
    if job[8] then count = count - 1 end -- fails without a run
  end
  if count == 0 then return end
  if redis.call('PTTL', limiter) <= 0 then redis.call('DEL', limiter) end
  if redis.call('INCRBY', limiter, count) == count then
    local durationMs = tonumber(redis.call('HGET', queue.meta, 'duration')) or 1000
    redis.call('PEXPIRE', limiter, string.format('%.0f', math.floor(math.abs(durationMs))))
  end
end

-- The fields of a job; nil and its contract's name for one whose limit is reached.
local function readJob(queue, id)
  local limits, jobKey = queue.limits, queue.prefix .. id
  if limits and limits.hasClosed then
    local name = redis.pcall('HGET', jobKey, 'name')
    if type(name) == 'table' then return name end
    if limits:isClosed(name) then return nil, name end
  end
  local job = readFields(jobKey)
  if limits and not job.err then
    if limits:isClosed(job[1]) then return nil, job[1] end
    limits:admit(id, job[1])
  end
  return job
end

-- Reads the next jobs, up to `most` of them. Ends before a job that BullMQ's script must take
-- ('needs-bullmq-script'), before one that it has seen (BullMQ can add the next job of a deduplication under an id that is
-- there), and when there is enough data for one call ('more').
local function readAhead(queue, batch, most, ids, from, to, step)
  for i = from, to, step do
    if batch.count == most then return end
    local id = ids[i]
    batch.next = id
    if string.sub(id, 1, 2) == '0:' then batch.ends = 'needs-bullmq-script' return end -- a marker that BullMQ 4 left
    if batch.seen[id] then batch.ends = 'more' return end
    local job, limited = readJob(queue, id)
    if job and job.err then batch.ends = 'needs-bullmq-script' return end
    batch.seen[id] = true
    if job and batch.readsWait and isTombstone(job[1], job[8]) then
      batch.dropped[#batch.dropped + 1] = id
      if #batch.dropped == DROP_MAX then batch.ends = 'more' return end
    elseif job then
      batch.count = batch.count + 1
      batch.ids[batch.count], batch.jobs[batch.count] = id, job
      batch.bytes = batch.bytes + #(job[2] or '')
      if batch.bytes >= TAKE_MAX_BYTES then batch.ends = 'more' return end
    else
      batch.parked[#batch.parked + 1] = { id = id, name = limited }
      if #batch.parked == PARK_MAX then batch.ends = 'more' return end
    end
  end
end

-- The next ids of the wait list, and how deep each lies if others that are not wanted may lie between them.
local function nextWaiting(queue, most)
  if queue.onlySuspects then return queue.suspects:nextSuspects(queue.wait, most) end
  if queue.suspects then
    return queue.suspects:nextOthers(queue.wait, queue.hasTombstones and most + DROP_WITH_SUSPECTS or most)
  end
  return redis.call('LRANGE', queue.wait, -most, -1), nil
end

-- Reads from `wait`. Returns how deep each job lies, see nextWaiting.
local function readWaiting(queue, batch, most)
  local ids, depths = nextWaiting(queue, most)
  batch.readsWait = true
  if depths then
    readAhead(queue, batch, most, ids, 1, #ids, 1)
    if #batch.parked + #batch.dropped > 0 and batch.count < most then batch.ends = batch.ends or 'more' end
    return depths
  end
  readAhead(queue, batch, most, ids, #ids, 1, -1)
  while #batch.parked + #batch.dropped > 0 and not batch.ends and batch.count < most and #ids > 0 do
    local from = batch.count + #batch.parked + #batch.dropped
    ids = redis.call('LRANGE', queue.wait, -from - 100, -from - 1)
    readAhead(queue, batch, most, ids, #ids, 1, -1)
  end
  return nil
end

-- Reads from `prioritized`.
local function readUrgent(queue, batch, most)
  batch.readsWait = false
  local waiting, before = batch.count, #batch.parked
  local ids = redis.call('ZRANGE', queue.prioritized, 0, most - waiting - 1)
  readAhead(queue, batch, most, ids, 1, #ids, 1)
  while #batch.parked > before and not batch.ends and batch.count < most and #ids > 0 do
    local from = batch.count - waiting + #batch.parked - before
    ids = redis.call('ZRANGE', queue.prioritized, from, from + 99)
    readAhead(queue, batch, most, ids, 1, #ids, 1)
  end
  for i = before + 1, #batch.parked do
    batch.parked[i].score = redis.call('ZSCORE', queue.prioritized, batch.parked[i].id)
  end
end

-- All that was read from `wait` is taken, parked or dropped.
local function takeOffWait(queue, batch, waiting, parked, depths)
  local read = waiting + parked + #batch.dropped
  if read == 0 then return end
  if not depths then
    redis.call('RPOP', queue.wait, read)
    return
  end
  local ids = { unpack(batch.ids, 1, waiting) }
  for i = 1, parked do ids[#ids + 1] = batch.parked[i].id end
  for _, id in ipairs(batch.dropped) do ids[#ids + 1] = id end
  queue.suspects:takeOff(queue.wait, ids, depths[read])
  if not queue.onlySuspects then return end
  for i = 1, parked do batch.parked[i].group = redis.call('ZSCORE', queue.suspects.key, batch.parked[i].id) end
  redis.call('ZREM', queue.suspects.key, unpack(ids))
end

-- Takes what was read off its lists, and parks what may not start.
local function takeOff(queue, batch, waiting, parkedWaiting, depths)
  takeOffWait(queue, batch, waiting, parkedWaiting, depths)
  if #batch.dropped > 0 then tombstonesOf(queue).drop(batch.dropped) end
  local urgent = batch.count - waiting + #batch.parked - parkedWaiting
  if urgent > 0 then redis.call('ZPOPMIN', queue.prioritized, urgent) end
  if #batch.parked > 0 then queue.limits:park(batch.parked) end
end

-- Moves the jobs that were read to active, each under a lease of its own.
local function activate(queue, batch, lease)
  redis.call('LPUSH', queue.active, unpack(batch.ids))
  if queue.limits then queue.limits:noteStarted() end
  if queue.maxRate then countStarts(queue, batch) end
  local fence = lastFence(queue.storedFence)
  local isShared = lease.isShared or batch.count > 1
  for i, id in ipairs(batch.ids) do startDelivery(queue, lease, id, batch.jobs[i], fence + i, isShared) end
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
    jobs[at] = numbersOf(job)
    if job[8] or job[9] or job[10] then rare[#rare + 1] = { i, job[8], job[9], job[10] } end
  end
  return jobs, rare
end

-- When the next delayed job is due or a limit of rates lets one in.
local function nextLook(queue)
  local due, limited = nextDue(queue), queue.limits and queue.limits:dueAt()
  local next = due and limited and math.min(due, limited) or due or limited
  return next and string.format('%.0f', next) or false
end

-- Reads up to `most` jobs. Returns how many of them come from `wait`, how many from there are parked, and their depths.
local function readBatch(queue, batch, most)
  local limits = queue.limits
  local missed = limits and not queue.onlySuspects and limits:unpark(most, false)
  local depths = readWaiting(queue, batch, most)
  local waiting, parkedWaiting = batch.count, #batch.parked
  if not batch.ends and waiting < most and not queue.onlySuspects then
    missed = limits and limits:unpark(most - waiting, true) or missed
    readUrgent(queue, batch, most)
  end
  if missed then batch.ends = batch.ends or 'more' end
  return waiting, parkedWaiting, depths
end

-- Returns how it ended ('more': there may be more; 'empty'; 'limited': no job of any kind may start now; 'needs-bullmq-script':
-- BullMQ's script must take), when the next delayed job is due, the fence before the first job's, the jobs as `report` gives
-- them, how many they are, and for how many ms none may start.
local function takeJobs(queue, wanted, lease)
  if not promoteDue(queue) then return 'needs-bullmq-script', false, false, {}, {}, 0, 0 end
  local most, limitedMs = limitOfQueue(queue, wanted)
  if most <= 0 then return 'limited', false, false, {}, {}, 0, limitedMs end
  local batch = { ids = {}, jobs = {}, seen = {}, parked = {}, dropped = {}, count = 0, bytes = 0 }
  local waiting, parkedWaiting, depths = readBatch(queue, batch, most)
  local ends = batch.ends or (batch.count < most and 'empty' or 'more')
  if queue.onlySuspects then
    if batch.count == 0 and ends == 'needs-bullmq-script' then redis.call('ZREM', queue.suspects.key, batch.next) end
    ends = 'more'
  end
  if ends == 'empty' and not queue.limits then redis.call('DEL', queue.pc) end
  takeOff(queue, batch, waiting, parkedWaiting, depths)
  local fence = batch.count > 0 and activate(queue, batch, lease)
  local jobs, rare = report(batch)
  return ends, ends == 'empty' and nextLook(queue), fence, jobs, rare, batch.count, 0
end
