--- @include "known-ids"
--- @include "job-keys"

--[[
  Drop policies: a put that finds no room takes the place of a job that waits, one for one, and that job is dead. Victims
  are chosen while admit-jobs looks, and buried at the end of its writes, when the new jobs are in their lists.

  The puts of one run are judged as if each were alone: a later one may drop what an earlier one added. How puts were
  batched cannot be told from what is left.

    drop-oldest           the job that would be taken next: the tail of `wait`, then the first of `prioritized`
    drop-lowest-priority  the longest there of the highest number in `prioritized`, if that number is above the new
                          job's; without a priority is more urgent than any

  Spared are jobs on which others count (children, parents, owners of a deduplication key, a scheduler's iteration), and
  jobs that have been started before. Delayed and running ones are not looked at.
]]
local DROP_LOOKS = 32 -- the most spared jobs that one run passes over, in each order
local DROP_PAGE = 32
local DROP_TRIMS = 150 -- the most old dead jobs that one run removes, with six keys each: unpack has its limit
local DROP_PRIORITY = 0x100000000 -- BullMQ's scores of prioritized jobs: priority * this + a counter

local function mayBeDropped(prefix, id)
  local key = prefix .. id
  local job = redis.call('HMGET', key, 'name', 'atm', 'ats', 'stc', 'parentKey', 'rjk', 'defa', 'deid')
  if not job[1] or job[5] or job[6] or job[7] then return false end
  for started = 2, 4 do
    if tonumber(job[started] or 0) > 0 then return false end
  end
  if job[8] and redis.call('GET', prefix .. 'de:' .. job[8]) == id then return false end
  return redis.call('EXISTS', key .. ':lock', key .. ':dependencies', key .. ':processed', key .. ':failed',
    key .. ':unsuccessful') == 0
end

-- Three readers of what waits, in the order in which it would be dropped: each call gives the next page.
local function waitReader(waitKey)
  local offset = 0
  return function()
    local ids, page = redis.call('LRANGE', waitKey, -offset - DROP_PAGE, -offset - 1), {}
    for i = #ids, 1, -1 do page[#page + 1] = { id = ids[i], priority = 0 } end
    offset = offset + DROP_PAGE
    return page
  end
end

local function withPriorities(scored)
  local page = {}
  for i = 1, #scored, 2 do
    page[#page + 1] = { id = scored[i], priority = math.floor(tonumber(scored[i + 1]) / DROP_PRIORITY) }
  end
  return page
end

local function urgentFirstReader(prioritizedKey)
  local offset = 0
  return function()
    local scored = redis.call('ZRANGE', prioritizedKey, offset, offset + DROP_PAGE - 1, 'WITHSCORES')
    offset = offset + DROP_PAGE
    return withPriorities(scored)
  end
end

local function urgentLastReader(prioritizedKey)
  local below, offset, priority = '+inf', 0, nil
  return function()
    while true do
      if not priority then
        local last = redis.call('ZREVRANGEBYSCORE', prioritizedKey, below, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
        if not last[1] then return {} end
        priority, offset = math.floor(tonumber(last[2]) / DROP_PRIORITY), 0
      end
      local least = string.format('%.0f', priority * DROP_PRIORITY)
      local scored = redis.call('ZRANGEBYSCORE', prioritizedKey, least, below, 'WITHSCORES', 'LIMIT', offset, DROP_PAGE)
      offset = offset + DROP_PAGE
      if #scored > 0 then return withPriorities(scored) end
      below, priority = '(' .. least, nil
    end
  end
end

-- Looks at one order. Gives the first that may be dropped and is not taken yet; nil at the end. Past too many spared
-- ones it gives the last of them, with `wall`: nothing behind it is looked at.
local function orderOf(readPage, prefix, taken)
  local page, at, spared = {}, 1, 0
  return function()
    while true do
      if at > #page then
        page, at = readPage(), 1
        if #page == 0 then return nil end
      end
      local candidate = page[at]
      if not taken[candidate.id] then
        if candidate.fit == nil then candidate.fit = mayBeDropped(prefix, candidate.id) end
        if candidate.fit then return candidate end
        if not candidate.wall then
          spared = spared + 1
          candidate.wall = spared == DROP_LOOKS
        end
        if candidate.wall then return candidate end
      end
      at = at + 1
    end
  end
end

-- Of two candidates the one that comes first in an order of priorities; what was there before comes before what this
-- run adds.
local function firstOf(there, added, ascends)
  if not there or not added then return there or added end
  if there.priority == added.priority then return there end
  return (there.priority < added.priority) == ascends and there or added
end

-- queue: as in admit-jobs.lua. settings: { code, reasons, count, ageMs }, see there.
local function dropper(queue, settings)
  local keys, prefix, taken, victims = queue.keys, queue.prefix, {}, {}
  local waiting = orderOf(waitReader(keys[1]), prefix, taken)
  local urgentFirst = orderOf(urgentFirstReader(keys[3]), prefix, taken)
  local urgentLast = orderOf(urgentLastReader(keys[3]), prefix, taken)
  local added = {} -- by this run: priority → { next, ids in their order }

  local function nextOf(bucket)
    if not bucket then return nil end
    while taken[bucket.ids[bucket.next]] do bucket.next = bucket.next + 1 end
    return bucket.ids[bucket.next]
  end

  local function nextPlain()
    local id = nextOf(added[0])
    return id and { id = id, priority = 0 }
  end

  -- Of the added ones with a priority, the first of the highest number, or of the lowest.
  local function nextPrioritized(highest)
    local best
    for priority, bucket in pairs(added) do
      local id = priority > 0 and nextOf(bucket)
      if id and (not best or (priority > best.priority) == highest) then best = { id = id, priority = priority } end
    end
    return best
  end

  local function oldest()
    local plain = waiting() or nextPlain()
    if plain and not plain.wall then return plain end
    return firstOf(urgentFirst(), nextPrioritized(false), true)
  end

  local function leastUrgent(than)
    local job = firstOf(urgentLast(), nextPrioritized(true), false)
    return job and job.priority > than and job or nil
  end

  -- The priority of a new job, and whether it will wait for its time first.
  local function timesOf(job)
    if not job.script then return 0, false end
    local opts = cmsgpack.unpack(ARGV[job.argument + 2])
    return tonumber(opts.priority or 0), tonumber(opts.delay or 0) > 0
  end

  local drops = {}

  -- Takes the place of a job, whose id it returns; nil when there is none that may be dropped.
  function drops.choose(job)
    local victim
    if job.drop == 'drop-oldest' then victim = oldest() else victim = leastUrgent((timesOf(job))) end
    if not victim or victim.wall then return nil end
    taken[victim.id] = true
    victims[#victims + 1] = { id = victim.id, priority = victim.priority, policy = job.drop }
    return victim.id
  end

  -- Told of every job that this run will add: a later put may drop it.
  function drops.note(job)
    local id, priority, delayed = job.id, timesOf(job)
    if delayed or id == '' then return end
    local bucket = added[priority] or { next = 1, ids = {} }
    added[priority] = bucket
    bucket.ids[#bucket.ids + 1] = id
  end

  local function takeOut()
    local prioritized = {}
    for _, victim in ipairs(victims) do
      if victim.priority == 0 then
        redis.call('LREM', keys[1], -1, victim.id)
      else
        prioritized[#prioritized + 1] = victim.id
      end
    end
    -- `pc` goes when a take finds nothing here, as after BullMQ's own removal.
    if #prioritized > 0 then redis.call('ZREM', keys[3], unpack(prioritized)) end
  end

  -- What BullMQ's moveToFinished leaves of a failed job, but with no attempt made.
  local function record(now)
    local dead = {}
    for _, victim in ipairs(victims) do
      local reason, key = settings.reasons[victim.policy], prefix .. victim.id
      rememberEnded(prefix, victim.id, redis.call('HGET', key, 'opts'), true)
      if settings.count > 0 then
        dead[#dead + 1] = now
        dead[#dead + 1] = victim.id
        redis.call('HSET', key, 'failedReason', reason, 'finishedOn', now, 'sluice.code', settings.code)
      else
        redis.call('DEL', key, key .. ':logs')
      end
      redis.call('XADD', keys[10], '*', 'event', 'failed', 'jobId', victim.id, 'failedReason', reason, 'prev', 'waiting')
    end
    if #dead > 0 then redis.call('ZADD', keys[13], unpack(dead)) end
  end

  -- The retention of dead jobs, oldest first. A child is left to BullMQ's own, which tells its parent. What has not ended
  -- is no dead job: an id may be put again while an old entry of it is still among the dead.
  local function trim(nowMs)
    if settings.count == 0 then return end
    local failed, oldestMs = keys[13], string.format('%.0f', nowMs - settings.ageMs)
    local old = redis.call('ZRANGEBYSCORE', failed, '-inf', oldestMs, 'LIMIT', 0, DROP_TRIMS)
    local excess = math.min(redis.call('ZCARD', failed) - settings.count, DROP_TRIMS)
    if excess > #old then old = redis.call('ZRANGE', failed, 0, excess - 1) end
    local gone, deleted = {}, {}
    for _, id in ipairs(old) do
      local key = prefix .. id
      local job = redis.call('HMGET', key, 'parentKey', 'finishedOn')
      if not job[1] then gone[#gone + 1] = id end
      if not job[1] and job[2] then listJobKeys(deleted, key) end
    end
    if #gone > 0 then redis.call('ZREM', failed, unpack(gone)) end
    if #deleted > 0 then redis.call('DEL', unpack(deleted)) end
  end

  function drops.bury(nowMs)
    if #victims == 0 then return end
    redis.call('XTRIM', keys[10], 'MAXLEN', '~', redis.call('HGET', keys[7], 'opts.maxLenEvents') or 10000)
    takeOut()
    record(string.format('%.0f', nowMs))
    redis.call('HINCRBY', keys[7], 'sluice.dropped', #victims)
    trim(nowMs)
  end

  return drops
end
