--- @include "clock"
--- @include "count-unfinished"
--- @include "job-limits"
--- @include "known-ids"
--- @include "scores"

--[[
  move-times: moves all that a queue waits for nearer by some time, and says what there is to do. For tests: the queue's clock goes
  on, and nobody has to wait. With 0 it only looks.

  Moved are the delayed jobs (delays, backoffs), `expiresAt`, the ages of ended jobs, the ids that callers gave, deduplications and
  the rate limits. Not moved is what proves that a process lives: leases, deadlines, heartbeats, tickets of waiting puts, kept
  replies; and the due times of jobs that limits hold back, which are none.

  A job scheduler names its iterations after their times, so those stay as they are. What is kept for each scheduler is how far the
  clock was moved since it was made; by that its next iteration, made with the true time, is moved in the next call.

  KEYS     wait, paused, prioritized, active, delayed, waiting-children, completed, failed, repeat, meta, marker, limiter;
           sluice:waiters, sluice:moved-schedulers
  ARGV     what a job's key starts with; by how many ms
  Returns  { jobs that can be taken now, delayed ones that are due and held-back ones that may start included; active ones; ms until
             the next delayed job is due or a limit of rates lets a job in, or -1; the same without the next iterations of
             schedulers; tickets that wait for capacity; paused or false; jobs that wait for children; delayed jobs without those
             iterations, held-back ones included; all that are unfinished }

  Count: 0
]]
local wait, pausedList, prioritized, active, delayed, waitingChildren, completed, failed, schedulers, meta, marker, limiter,
  waiters, moved = unpack(KEYS)
local prefix, ms = ARGV[1], tonumber(ARGV[2])
local MOVED_LIVES_MS = 86400000
local READY_MAX = 1000 -- held-back jobs of a contract that one call looks at
local limits = jobLimits({
  prefix = prefix, meta = meta, wait = wait, active = active, prioritized = prioritized, delayed = delayed,
})

local function digits(number)
  return string.format('%.0f', number)
end

local function shorten(key)
  local leftMs = redis.call('PTTL', key)
  if leftMs > ms then redis.call('PEXPIRE', key, digits(leftMs - ms)) elseif leftMs >= 0 then redis.call('DEL', key) end
end

-- `expiresAt`, as our producer writes it into a job's options. The text of the rest stays as it is.
local function nearerExpiry(opts)
  return (string.gsub(opts, '("sluice":)(%b{})', function(name, stamp)
    return name .. string.gsub(stamp, '("e":)(%d+)', function(field, at)
      return field .. digits(math.max(tonumber(at) - ms, 1))
    end)
  end, 1))
end

local function moveJob(id)
  local jobKey = prefix .. id
  local values = redis.pcall('HMGET', jobKey, 'timestamp', 'processedOn', 'finishedOn', 'opts')
  if values.err then return end
  for i, field in ipairs({ 'timestamp', 'processedOn', 'finishedOn' }) do
    local at = tonumber(values[i] or '')
    if at then redis.call('HSET', jobKey, field, digits(at - ms)) end
  end
  if values[4] then redis.call('HSET', jobKey, 'opts', nearerExpiry(values[4])) end
end

local function moveList(key)
  for _, id in ipairs(redis.call('LRANGE', key, 0, -1)) do moveJob(id) end
end

local function moveSet(key, byScore)
  local found = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do
    moveJob(found[i])
    if byScore then redis.call('ZADD', key, digits(tonumber(found[i + 1]) - ms), found[i]) end
  end
end

local function moveKnownIds()
  for n = 0, 255 do
    local bucket = prefix .. 'sluice:ids:' .. string.format('%02x', n)
    local known = redis.pcall('HGETALL', bucket)
    for i = 1, #known, 2 do
      local untilMs, digest = untilAndDigest(known[i + 1])
      if untilMs then redis.call('HSET', bucket, known[i], digits(math.max(untilMs - ms, 1)) .. ' ' .. digest) end
    end
    if #known > 0 then shorten(bucket) end
  end
end

-- The scheduler whose next iteration this is, and its time.
local function iterationOf(id)
  local scheduler = string.sub(id, 1, 7) == 'repeat:' and redis.call('HGET', prefix .. id, 'rjk')
  local nextMs = scheduler and redis.call('ZSCORE', schedulers, scheduler)
  if nextMs and id == 'repeat:' .. scheduler .. ':' .. digits(tonumber(nextMs)) then return scheduler, tonumber(nextMs) end
  return nil
end

-- One that is gone may come again under its name.
local function moveSchedulers()
  for _, scheduler in ipairs(redis.call('HKEYS', moved)) do
    if not redis.call('ZSCORE', schedulers, scheduler) then redis.call('HDEL', moved, scheduler) end
  end
  if ms == 0 then return end
  for _, scheduler in ipairs(redis.call('ZRANGE', schedulers, 0, -1)) do
    redis.call('HINCRBY', moved, scheduler, digits(ms))
    redis.call('PEXPIRE', moved, MOVED_LIVES_MS)
  end
end

-- Returns when this job is due now.
local function moveDue(id, score, scheduler, atMs)
  local movedTo = score - ms * DUE_UNIT
  if scheduler then
    local jitterMs = tonumber(redis.call('HGET', prefix .. id, 'sluice.jitterMs')) or 0
    movedTo = (atMs + jitterMs - (tonumber(redis.call('HGET', moved, scheduler)) or 0)) * DUE_UNIT + score % DUE_UNIT
  end
  if movedTo ~= score then redis.call('ZADD', delayed, digits(movedTo), id) end
  return dueMsOf(movedTo)
end

-- Returns when the first delayed job is due, when the first that is no next iteration is, and how many those are.
local function moveDelayed()
  local found, first, firstOwn, own = redis.call('ZRANGE', delayed, 0, -1, 'WITHSCORES'), math.huge, math.huge, 0
  for i = 1, #found, 2 do
    local id, score = found[i], tonumber(found[i + 1])
    if ms > 0 then moveJob(id) end
    local scheduler, atMs = iterationOf(id)
    local dueMs = score == PARKED_SCORE and math.huge or moveDue(id, score, scheduler, atMs)
    first = math.min(first, dueMs)
    if not scheduler then
      firstOwn = math.min(firstOwn, dueMs)
      own = own + 1
    end
  end
  return first, firstOwn, own
end

local function moveStarts()
  for _, name in ipairs(redis.call('HKEYS', limits.key)) do
    local key = limits.prefix .. 'starts:' .. name
    for i, entry in ipairs(redis.call('LRANGE', key, 0, -1)) do
      local endsAt, total = spanOf(entry)
      redis.call('LSET', key, i - 1, digits(math.max(endsAt - ms, 0)) .. ' ' .. digits(total))
    end
    shorten(key)
  end
end

-- How many of the jobs that limits hold back may start now, and when a limit of rates lets the next one in.
local function readHeldBack()
  if not limits:hasParked() then return 0, math.huge end
  local ready = #limits:findReady(READY_MAX, false) + #limits:findReady(READY_MAX, true)
  return ready, limits:dueAt() or math.huge
end

if ms > 0 then
  moveList(wait)
  moveList(pausedList)
  moveList(active)
  moveSet(prioritized)
  moveSet(waitingChildren)
  moveSet(completed, true)
  moveSet(failed, true)
  moveKnownIds()
  shorten(limiter)
  moveStarts()
  for _, key in ipairs(redis.call('KEYS', prefix .. 'de:*')) do shorten(key) end
end
moveSchedulers()
local first, firstOwn, own = moveDelayed()
local heldReady, heldDue = readHeldBack()
first, firstOwn = math.min(first, heldDue), math.min(firstOwn, heldDue)
local now, isPaused = nowMs(), redis.call('HGET', meta, 'paused')
local due = redis.call('ZCOUNT', delayed, '-inf', digits((now + 1) * DUE_UNIT - 1))
if ((ms > 0 and due > 0) or heldReady > 0) and not isPaused then redis.call('ZADD', marker, '0', '0') end

local function untilMs(at)
  return at < math.huge and digits(math.max(at - now, 0)) or '-1'
end

return {
  countWaiting({ wait = wait, meta = meta }) + redis.call('LLEN', pausedList) + redis.call('ZCARD', prioritized) + due
    + heldReady,
  redis.call('LLEN', active), untilMs(first), untilMs(firstOwn), redis.call('ZCARD', waiters), isPaused,
  redis.call('ZCARD', waitingChildren), own,
  countUnfinished({
    wait = wait, active = active, prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren,
    pausedList = pausedList, meta = meta,
  }),
}
