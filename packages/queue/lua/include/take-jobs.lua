--- @include "fence"
--- @include "crash-suspects"

--[[
  Takes jobs as BullMQ's moveToActive would, many at once: the oldest of the wait list, then the most urgent ones. What
  concerns the whole queue and is not plain (pause, limits of concurrency or rate) is BullMQ's own script's to judge; delayed
  jobs that are due are moved here as it would. What concerns one job is told to the pool, which acts on it. Crash suspects are passed over, unless they alone are wanted.
]]
local TAKE_MAX_BYTES = 1048576 -- of job data in one run; what is over comes in the next
local PROMOTE_MOST = 200
local MILLISECOND = 0x1000 -- scores of delayed jobs: due time * this + a counter
local PRIORITY = 0x100000000 -- scores of prioritized jobs: priority * this + a counter

-- Delayed jobs that are due go back to wait. False: one of them is not as it should be, and nothing was changed.
local function promoteDue(queue)
  local due = string.format('%.0f', (tonumber(queue.now) + 1) * MILLISECOND - 1)
  local ids = redis.call('ZRANGEBYSCORE', queue.delayed, 0, due, 'LIMIT', 0, PROMOTE_MOST)
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
      local score = priorities[i] * PRIORITY + redis.call('INCR', queue.pc) % PRIORITY
      redis.call('ZADD', queue.prioritized, string.format('%.0f', score), id)
    end
    redis.call('XADD', queue.events, '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed')
    redis.call('HSET', queue.prefix .. id, 'delay', 0)
  end
  redis.call('ZADD', queue.marker, 0, '0')
  return true
end

-- Looks at the next jobs, up to `most` of them. A look ends before a job that only BullMQ's script may judge ('ask'), before one
-- that it has seen (BullMQ can put the next job of a deduplication under an id that is there), and when there is enough data
-- for one run ('more').
local function lookAhead(queue, look, most, ids, from, to, step)
  for i = from, to, step do
    if look.count == most then return end
    local id = ids[i]
    if string.sub(id, 1, 2) == '0:' then look.ends = 'ask' return end -- a marker that BullMQ 4 left
    if look.seen[id] then look.ends = 'more' return end
    local job = redis.pcall('HMGET', queue.prefix .. id, 'name', 'data', 'opts', 'atm', 'ats', 'stc', 'priority', 'defa',
      'stacktrace', 'rjk')
    if job.err then look.ends = 'ask' return end
    look.count = look.count + 1
    look.ids[look.count], look.jobs[look.count], look.seen[id] = id, job, true
    look.bytes = look.bytes + #(job[2] or '')
    if look.bytes >= TAKE_MAX_BYTES then look.ends = 'more' return end
  end
end

local function nextDue(queue)
  local first = redis.call('ZRANGE', queue.delayed, 0, 0, 'WITHSCORES')
  return first[2] and string.format('%.0f', math.floor(tonumber(first[2]) / MILLISECOND)) or false
end

-- The next ids in the wait list, and how deep each lies if others that are not meant may lie between them.
local function nextWaiting(queue, most)
  if queue.onlySuspects then return waitingGroup(queue.wait, queue.suspects, most) end
  if queue.suspects then return unsuspected(queue.wait, queue.suspects, most) end
  return redis.call('LRANGE', queue.wait, -most, -1), nil
end

local function takeOffWait(queue, look, waiting, depths)
  if waiting == 0 then return end
  if not depths then
    redis.call('RPOP', queue.wait, waiting)
    return
  end
  takeOff(queue.wait, { unpack(look.ids, 1, waiting) }, depths[waiting])
  if queue.onlySuspects then redis.call('ZREM', queue.suspects, unpack(look.ids)) end
end

-- Moves what was looked at to active, each under a lease of its own.
local function activate(queue, look, waiting, depths, lease)
  local urgent = look.count - waiting
  takeOffWait(queue, look, waiting, depths)
  if urgent > 0 then redis.call('ZPOPMIN', queue.prioritized, urgent) end
  redis.call('LPUSH', queue.active, unpack(look.ids))
  local fence = lastFence(queue.fence)
  local isBeside = lease.beside or look.count > 1
  for i, id in ipairs(look.ids) do
    local jobKey, started = queue.prefix .. id, (tonumber(look.jobs[i][5]) or 0) + 1
    local token, by = deliveryOf(lease.pool, fence + i, started)
    redis.call('SET', jobKey .. ':lock', token, 'PX', lease.ms)
    redis.call('XADD', queue.events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
    if isBeside then
      redis.call('HSET', jobKey, 'processedOn', queue.now, 'pb', lease.name, 'ats', started, 'sluice.by', by,
        'sluice.beside', started)
    else
      redis.call('HSET', jobKey, 'processedOn', queue.now, 'pb', lease.name, 'ats', started, 'sluice.by', by)
    end
  end
  noteCompany(queue.prefix, lease.alone)
  rememberFence(queue.meta, fence + look.count)
  redis.call('ZADD', queue.marker, 0, '0')
  return string.format('%.0f', fence)
end

-- What the pool is told: id, name, data, opts and four numbers of every job; and what few jobs have, by the job's place.
local function tell(look)
  local told, rare = {}, {}
  for i, job in ipairs(look.jobs) do
    local at = 5 * i
    told[at - 4], told[at - 3], told[at - 2], told[at - 1] = look.ids[i], job[1], job[2], job[3]
    told[at] = (job[4] or '') .. ' ' .. (job[5] or '') .. ' ' .. (job[6] or '') .. ' ' .. (job[7] or '')
    if job[8] or job[9] or job[10] then rare[#rare + 1] = { i, job[8], job[9], job[10] } end
  end
  return told, rare
end

-- Gives how the search ended ('more': there may be more; 'empty'; 'ask': BullMQ's script must look), when the next delayed
-- job is due, the fence before the first one's, the jobs (see tell), and how many they are.
local function takeJobs(queue, most, lease)
  if queue.limited or not promoteDue(queue) then return 'ask', false, false, {}, {}, 0 end
  local look = { ids = {}, jobs = {}, seen = {}, count = 0, bytes = 0 }
  local ids, depths = nextWaiting(queue, most)
  if depths then lookAhead(queue, look, most, ids, 1, #ids, 1) else lookAhead(queue, look, most, ids, #ids, 1, -1) end
  local waiting = look.count
  if not look.ends and waiting < most and not queue.onlySuspects then
    ids = redis.call('ZRANGE', queue.prioritized, 0, most - waiting - 1)
    lookAhead(queue, look, most, ids, 1, #ids, 1)
  end
  local ends = look.ends or (look.count < most and 'empty' or 'more')
  if queue.onlySuspects then
    if look.count == 0 and ends == 'ask' then redis.call('ZREM', queue.suspects, ids[1]) end
    ends = 'more'
  end
  if ends == 'empty' then redis.call('DEL', queue.pc) end
  local fence = look.count > 0 and activate(queue, look, waiting, depths, lease)
  local jobs, rare = tell(look)
  return ends, ends == 'empty' and nextDue(queue), fence, jobs, rare, look.count
end
