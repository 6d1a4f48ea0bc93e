--- @include "clock"
--- @include "event-policy"
--- @include "events-limit"
--- @include "excused-crashes"
--- @include "wake-workers"

--[[
  sweep-leases: gives back jobs whose worker is gone. All pools of a queue ask; one of them sweeps in each period.

  A sweep that comes late (the queue had no pool, or Redis was paused, restarted or failed over) recovers nothing for one
  lease: a pool that lives has reacquired its leases by then. A job without a lock whose last delivery was one of ours is
  recovered

  - when its pool's heartbeat is gone, too, and all locks of that process have run out: its worker crashed. That is evidence
    against a job which had its process to itself, and is counted. Of several, one may have killed the process: they become
    crash suspects, in two groups (see include/crash-suspects.lua), and nothing is counted. Some ends of a process are evidence
    against nobody (see include/excused-crashes.lua);
  - when that heartbeat was renewed since the job was first seen without a lock: the job is orphaned. The pool lives, renewed
    all leases that it knows of, and does not know of this one (the reply to its take was lost). Nothing is counted.

  A pool that is cut off while another one of its process lives has not crashed: nothing is counted, and nothing suspected.
  A job of BullMQ's own workers is recovered after `foreign` ms without a lock, and counted, as their own check would.

  KEYS      wait, active, meta, marker, events, stalled, repeat;
            the last-sweep record: "<time of the last sweep> <nothing is recovered before> <where the next one goes on>", in ms;
            stalled candidates, a hash: id → "<number of the delivery> <since, in ms> <heartbeat that was seen, or 0>";
            sluice:crash-suspects; sluice:last-heartbeats
  ARGV[1]   what a job's key starts with
  ARGV[2]   what the key of a pool's heartbeat starts with
  ARGV[3]   period: a sweep that comes earlier after the one before does nothing
  ARGV[4]   a sweep that comes later than that is late
  ARGV[5]   lease
  ARGV[6]   foreign
  ARGV[7]   how often a job that has its process to itself may crash it and still be run again
  ARGV[8]   1: the rest of a sweep that found more than one call may give back
  ARGV[9]   the pool that sweeps, named <process>.<number>
  ARGV[10]  1: its first sweep
  Returns   { 'early' | 'quiet' | 'swept', ids that were given back, 1 when there may be more, for a first sweep in how many ms
              what others left behind may be given back, or 0 }

  Count: 0
]]
local wait, active, meta, marker, events, stalled, schedulers, lastSweep, stalledCandidates, crashSuspects, lastHeartbeats =
  unpack(KEYS)
local prefix, heartbeatPrefix, periodMs, lateAfterMs, leaseMs, foreignMs, crashesMax, isRest, sweeper, isFirst = unpack(ARGV)
periodMs, lateAfterMs, leaseMs, foreignMs = tonumber(periodMs), tonumber(lateAfterMs), tonumber(leaseMs), tonumber(foreignMs)

local READ_MAX = 5000 -- entries of the active list that one call reads; the next one goes on behind them
local STEPS_MAX = 1000000 -- entries that one call walks over to take jobs off the list, about
local CHUNK = 1000
local CRASHES_KEPT = 8 -- the last crashes in a job's hash
local SUSPECTS_EXPIRE_MS = 3600000 -- without a sweep

-- A queue that was obliterated stays so.
if redis.call('EXISTS', active, meta) == 0 then
  redis.call('DEL', lastSweep, stalledCandidates, crashSuspects, lastHeartbeats)
  return { 'quiet', {}, 0, 0 }
end

local now = nowMs()

local function decimal(number) return string.format('%.0f', number) end

-- The record of the last sweep ------------------------------------------------------------------------------------------

local lastMs, quietUntilMs, cursor = string.match(redis.call('GET', lastSweep) or '', '^(%d+) (%d+) (%d+)$')
lastMs, quietUntilMs, cursor = tonumber(lastMs), tonumber(quietUntilMs) or 0, tonumber(cursor) or 0
local isLate = not lastMs or now < lastMs or now - lastMs > lateAfterMs
if isLate then quietUntilMs = now + leaseMs end

local function isEarly()
  return not isLate and isRest ~= '1' and now - lastMs < periodMs
end

local function recordSweep(nextCursor)
  local record = decimal(now) .. ' ' .. decimal(quietUntilMs) .. ' ' .. decimal(nextCursor)
  redis.call('SET', lastSweep, record, 'PX', decimal(10 * math.max(lateAfterMs, leaseMs)))
end

local function leftoversWaitMs()
  if isFirst ~= '1' or now >= quietUntilMs then return 0 end
  local locks = {}
  for i, id in ipairs(redis.call('LRANGE', active, -CHUNK, -1)) do locks[i] = prefix .. id .. ':lock' end
  for _, token in ipairs(#locks > 0 and redis.call('MGET', unpack(locks)) or {}) do
    if not token then return quietUntilMs - now end
  end
  return 0
end

-- Most sweeps end here, before the functions of the others are created: another pool has swept, or nothing runs.
if isEarly() then return { 'early', {}, 0, leftoversWaitMs() } end
if now < quietUntilMs then
  recordSweep(0)
  redis.call('DEL', stalledCandidates)
  return { 'quiet', {}, 0, leftoversWaitMs() }
end
if redis.call('LLEN', active) == 0 and redis.call('EXISTS', stalledCandidates) == 0 then
  recordSweep(0)
  redis.call('PEXPIRE', crashSuspects, decimal(SUSPECTS_EXPIRE_MS))
  return { 'swept', {}, 0, 0 }
end

-- Read and decide ------------------------------------------------------------------------------------------------------

-- The candidates of the sweeps before.
local function readCandidates()
  local known, flat = {}, redis.call('HGETALL', stalledCandidates)
  for i = 1, #flat, 2 do known[flat[i]] = flat[i + 1] end
  return known
end

-- The ids without a lock, and the locks of the others, which are no candidates any more. The oldest entries of the active list
-- come first: it grows at its head.
local function readUnlocked(known)
  local ids = redis.call('LRANGE', active, -cursor - READ_MAX, -cursor - 1)
  local unlocked, heldLocks = {}, {}
  for first = math.max(#ids - CHUNK + 1, 1), 1 - CHUNK, -CHUNK do
    local locks, start = {}, math.max(first, 1)
    local stop = math.min(first + CHUNK - 1, #ids)
    for i = start, stop do locks[#locks + 1] = prefix .. ids[i] .. ':lock' end
    local tokens = #locks > 0 and redis.call('MGET', unpack(locks)) or {}
    for i = stop, start, -1 do
      if tokens[i - start + 1] then
        heldLocks[#heldLocks + 1] = tokens[i - start + 1]
        known[ids[i]] = nil
      elseif string.sub(ids[i], 1, 2) ~= '0:' then -- a marker that BullMQ 4 left
        unlocked[#unlocked + 1] = ids[i]
      end
    end
  end
  return unlocked, heldLocks
end

local heartbeats = {}
local function heartbeatOf(pool)
  if heartbeats[pool] == nil then heartbeats[pool] = redis.call('GET', heartbeatPrefix .. pool) end
  return heartbeats[pool]
end

local function processOf(pool) return string.match(pool, '^([^.]*)') end

-- 'crashed' and its process, 'orphaned' or 'stalled'; or nil and the candidate to store.
local function decide(candidateBefore, started, takenBy)
  local delivery, pool = string.match(takenBy, '^(%d+):(.*):%d+$')
  local before, since, seen = string.match(candidateBefore or '', '^(%d+) (%d+) (%d+)$')
  if before ~= started then since, seen = decimal(now), nil end
  if delivery == started then
    local heartbeat = heartbeatOf(pool)
    if not heartbeat then return 'crashed', processOf(pool), started .. ' ' .. since .. ' 0' end
    if seen and seen ~= heartbeat then return 'orphaned' end
    return nil, nil, started .. ' ' .. since .. ' ' .. heartbeat
  end
  if now - tonumber(since) >= foreignMs then return 'stalled' end
  return nil, nil, started .. ' ' .. since .. ' 0'
end

-- The last crashes of a job, for those who look into it: [when the process was last heard of, in ms, how many jobs ran in it, its
-- worker, how that was judged: alone, shared, drain, machine; the number of the delivery].
local function readCrashes(json)
  local isRead, crashes = pcall(cjson.decode, json or '[]')
  if not isRead or type(crashes) ~= 'table' then return {} end
  return crashes
end

-- Sets the jobs that may be given back now (`found`), how many of them each crashed process had (`crashed`), and the candidates.
local function decideAll(sweep, unlocked)
  for _, id in ipairs(unlocked) do
    local job = redis.pcall('HMGET', prefix .. id, 'ats', 'sluice.by', 'rjk', 'stc', 'sluice.sharedDelivery', 'pb',
      'sluice.crashes')
    if not job.err then
      local started, takenBy, scheduler, stalledCount, sharedDelivery, worker, crashes = unpack(job)
      local why, process, candidate = decide(sweep.known[id], started or '0', takenBy or '')
      if not why then sweep.candidates[id] = candidate end
      if process then sweep.crashed[process] = (sweep.crashed[process] or 0) + 1 end
      if why then
        sweep.found[#sweep.found + 1] = {
          id = id, started = started, why = why, process = process, candidate = candidate, scheduler = scheduler,
          stalledCount = tonumber(stalledCount) or 0, isShared = sharedDelivery == started, worker = worker,
          crashes = readCrashes(crashes),
        }
      end
    end
  end
end

-- Of the processes that crashed: those whose locks have not all run out, and those that live, since another of their pools does.
local function findDyingAndLiving(crashed, heldLocks)
  local dying, living = {}, { [processOf(sweeper)] = true }
  if not next(crashed) then return dying, living end
  for _, token in ipairs(heldLocks) do
    local pool = string.match(token, '^(.*):%d+$')
    local process = pool and processOf(pool)
    if process and crashed[process] then
      if heartbeatOf(pool) then living[process] = true else dying[process] = true end
    end
  end
  return dying, living
end

-- What the end of its process says about a job.
local function judge(job, jobsInProcess, last)
  local crash = { atMs = last and last.atMs or now, jobs = jobsInProcess, delivery = tonumber(job.started) }
  local cause = last and last.otherCause
  if cause == 'machine' and not mayBlameMachine(job.crashes) then cause = nil end
  crash.how = cause or ((jobsInProcess == 1 and not job.isShared) and 'alone' or 'shared')
  crash.isExcused = cause ~= nil
  return crash
end

-- Sets the jobs that this call gives back (`recovered`), and whether it leaves some for the next one.
local function chooseRecovered(sweep, heldLocks)
  local candidates, crashed = sweep.candidates, sweep.crashed
  local dying, living = findDyingAndLiving(crashed, heldLocks)
  local ends = findExcuses(lastHeartbeats, crashed, leaseMs / 2, processOf, heartbeatOf)
  for process, last in pairs(ends) do
    if last.isUnsettled and not last.otherCause then dying[process] = true end
  end
  local most = math.max(50, math.min(500, math.floor(STEPS_MAX / math.max(sweep.length, 1))))
  for _, job in ipairs(sweep.found) do
    if job.process and dying[job.process] and not living[job.process] then
      candidates[job.id] = job.candidate
    elseif #sweep.recovered == most then
      sweep.hasMore = true
      candidates[job.id] = sweep.known[job.id]
    else
      sweep.recovered[#sweep.recovered + 1] = job
      job.crash = job.why == 'crashed' and not living[job.process] and judge(job, crashed[job.process], ends[job.process])
      job.counts = job.why == 'stalled' or (job.crash and job.crash.how == 'alone')
    end
  end
end

-- Reads what the writes need, and every other key: one of another kind makes the call fail before anything is written.
local function readSettings(sweep)
  sweep.isPaused, sweep.concurrency, sweep.storedEventsLimit, sweep.eventPolicy =
    unpack(redis.call('HMGET', meta, 'paused', 'concurrency', 'opts.maxLenEvents', 'sluice.events'))
  redis.call('LLEN', wait)
  redis.call('ZCARD', marker)
  redis.call('SCARD', stalled)
  redis.call('ZCARD', crashSuspects)
end

-- Job schedulers go on for ever: their jobs are never given up. BullMQ's rule.
local function belongsToScheduler(id)
  if not id then return false end
  return redis.call('EXISTS', schedulers .. ':' .. id) == 1 or redis.call('ZSCORE', schedulers, id) ~= false
end

local function giveUpThoseThatCrashTooOften(recovered)
  for _, job in ipairs(recovered) do
    job.isGivenUp = job.counts and job.stalledCount + 1 > tonumber(crashesMax) and not belongsToScheduler(job.scheduler)
  end
end

-- Write ----------------------------------------------------------------------------------------------------------------

local function storeCandidates(sweep)
  local candidates = sweep.candidates
  -- Candidates that this call has not read stay for a while.
  if sweep.length > READ_MAX then
    for id, candidate in pairs(sweep.known) do
      local since = tonumber(string.match(candidate, '^%d+ (%d+)') or 0)
      if not candidates[id] and now - since < 2 * foreignMs then candidates[id] = candidate end
    end
  end
  for _, job in ipairs(sweep.recovered) do candidates[job.id] = nil end
  redis.call('DEL', stalledCandidates)
  for id, candidate in pairs(candidates) do redis.call('HSET', stalledCandidates, id, candidate) end
  redis.call('PEXPIRE', stalledCandidates, decimal(2 * foreignMs))
end

local function noteCrash(job)
  local crash, crashes = job.crash, job.crashes
  crashes[#crashes + 1] = { crash.atMs, crash.jobs, job.worker or '', crash.how, crash.delivery }
  while #crashes > CRASHES_KEPT do table.remove(crashes, 1) end
  redis.call('HSET', prefix .. job.id, 'sluice.crashes', cjson.encode(crashes))
end

-- One half of the jobs of a process goes into one group, and the other half into the next.
local groups, groupCount = {}, 0
local function suspect(job)
  local group = groups[job.process]
  if not group then
    groupCount = groupCount + 1
    group = { number = nowMicros() + 2 * groupCount, size = 0 }
    groups[job.process] = group
  end
  group.size = group.size + 1
  local second = group.size > math.ceil(job.crash.jobs / 2) and 1 or 0
  redis.call('ZADD', crashSuspects, decimal(group.number + second), job.id)
end

local function giveBack(job, writesAll)
  local id, jobKey = job.id, prefix .. job.id
  redis.call('SREM', stalled, id)
  if job.counts then redis.call('HINCRBY', jobKey, 'stc', 1) end
  if job.isGivenUp then redis.call('HSET', jobKey, 'defa', 'job stalled more than allowable limit') end
  if job.crash then noteCrash(job) end
  if job.crash and not job.crash.isExcused and not job.isGivenUp then suspect(job) end
  redis.call('RPUSH', wait, id)
  if not writesAll then return end
  redis.call('XADD', events, '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
  redis.call('XADD', events, '*', 'event', 'stalled', 'jobId', id)
end

-- Returns the ids of those that were still in the active list.
local function giveBackAll(sweep)
  local ids, writesAll = {}, writesAllEvents(sweep)
  for _, job in ipairs(sweep.recovered) do
    if redis.call('LREM', active, -1, job.id) > 0 then
      if #ids == 0 and writesAll then redis.call('XTRIM', events, 'MAXLEN', '~', eventsLimit(meta, sweep.storedEventsLimit)) end
      ids[#ids + 1] = job.id
      giveBack(job, writesAll)
    end
  end
  if groupCount > 0 then redis.call('HSETNX', meta, 'sluice.crashSuspects', decimal(now)) end
  redis.call('PEXPIRE', crashSuspects, decimal(SUSPECTS_EXPIRE_MS))
  if #ids > 0 then
    wakeWorkers({ marker = marker, active = active, isPaused = sweep.isPaused, concurrency = sweep.concurrency })
  end
  return ids
end

-- The sweep ------------------------------------------------------------------------------------------------------------

local sweep = {
  length = redis.call('LLEN', active), known = readCandidates(), candidates = {}, found = {}, crashed = {}, recovered = {},
  hasMore = false,
}
if cursor >= sweep.length then cursor = 0 end
local unlocked, heldLocks = readUnlocked(sweep.known)
decideAll(sweep, unlocked)
chooseRecovered(sweep, heldLocks)
readSettings(sweep)
giveUpThoseThatCrashTooOften(sweep.recovered)

if not sweep.hasMore then cursor = cursor + READ_MAX < sweep.length and cursor + READ_MAX or 0 end
recordSweep(cursor)
storeCandidates(sweep)
return { 'swept', giveBackAll(sweep), sweep.hasMore and 1 or 0, 0 }
