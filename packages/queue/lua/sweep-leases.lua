--- @include "crash-suspects"

--[[
  sweep-leases: gives back jobs whose worker is gone. All pools of a queue ask; one of them sweeps in each period.

  A sweep that comes late (the queue had no pool, or Redis was paused, restarted or failed over) recovers nothing for one
  lease: who lives takes its leases back by then. A job without a lock whose last delivery was one of ours is given back

  - when its pool's sign of life is gone, too, and all locks of that process have run out: its worker crashed. That is
    evidence against a job which was alone in its process, and is counted. Of several, one may have killed the process:
    they become crash suspects, in two groups (crash-suspects.lua), and nothing is counted;
  - when that sign was renewed since the job was first seen without a lock: the pool lives, renewed all leases that it
    knows of, and does not know of this one (the answer to its take was lost). Nothing is counted.

  A pool that is cut off while another one of its process lives has not crashed: nothing is counted, and nobody suspected.
  A job of BullMQ's own workers is given back after `foreign` ms without a lock, and counted, as their own check would.

  KEYS[1…7]  wait, active, meta, marker, events, stalled, repeat
  KEYS[8]    the guard: "<time of the last sweep> <nothing is recovered before> <where the next one goes on>", in ms
  KEYS[9]    suspects, a hash: id → "<number of the delivery> <since, in ms> <sign of life that was seen, or 0>"
  KEYS[10]   sluice:crash-suspects
  ARGV[1,2]  what a job's key starts with; what the key of a pool's sign of life starts with
  ARGV[3]    period: a sweep that comes earlier after the one before does nothing
  ARGV[4]    a sweep that comes later than that is late
  ARGV[5,6]  lease; foreign
  ARGV[7]    how often a job that is alone in its process may crash it and still be run again
  ARGV[8]    1: the rest of a sweep that found more than one run may give back
  ARGV[9]    the pool that sweeps
  ARGV[10]   1: its first sweep

  A pool is named <process>.<number>.
  Answer: { 'early' | 'quiet' | 'swept', ids that were given back, 1 when there may be more, for a first sweep in how many ms
            what others left behind may be given back, or 0 }
]]
local LOOK_MOST = 5000 -- entries of the active list that one run looks at; the next one goes on behind them
local STEPS_MOST = 1000000 -- entries that one run walks over to take jobs off the list, about
local CHUNK = 1000
local CRASHES_TOLD = 8 -- the last crashes that a job's hash tells of

-- A queue that was obliterated stays so.
if redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 then
  redis.call('DEL', KEYS[8], KEYS[9], KEYS[10])
  return { 'quiet', {}, 0, 0 }
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function ms(number) return string.format('%.0f', number) end

local last, quietUntil, cursor = string.match(redis.call('GET', KEYS[8]) or '', '^(%d+) (%d+) (%d+)$')
last, quietUntil, cursor = tonumber(last), tonumber(quietUntil) or 0, tonumber(cursor) or 0
local isLate = not last or now < last or now - last > tonumber(ARGV[4])
if isLate then quietUntil = now + tonumber(ARGV[5]) end

local function leftoversWaitMs()
  if ARGV[10] ~= '1' or now >= quietUntil then return 0 end
  local locks = {}
  for i, id in ipairs(redis.call('LRANGE', KEYS[2], -CHUNK, -1)) do locks[i] = ARGV[1] .. id .. ':lock' end
  for _, token in ipairs(#locks > 0 and redis.call('MGET', unpack(locks)) or {}) do
    if not token then return quietUntil - now end
  end
  return 0
end

if not isLate and ARGV[8] ~= '1' and now - last < tonumber(ARGV[3]) then return { 'early', {}, 0, leftoversWaitMs() } end

local function leaveGuard(at)
  local life = 10 * math.max(tonumber(ARGV[4]), tonumber(ARGV[5]))
  redis.call('SET', KEYS[8], ms(now) .. ' ' .. ms(quietUntil) .. ' ' .. ms(at), 'PX', ms(life))
end

if now < quietUntil then
  leaveGuard(0)
  redis.call('DEL', KEYS[9])
  return { 'quiet', {}, 0, leftoversWaitMs() }
end

-- Looking -----------------------------------------------------------------------------------------------------------

local length = redis.call('LLEN', KEYS[2])
if cursor >= length then cursor = 0 end
local held = {} -- locks of jobs that were looked at
local known = {} -- what was suspected before
local flat = redis.call('HGETALL', KEYS[9])
for i = 1, #flat, 2 do known[flat[i]] = flat[i + 1] end

-- The oldest entries of the active list first: it grows at its head.
local function lookAt(from)
  local ids = redis.call('LRANGE', KEYS[2], -from - LOOK_MOST, -from - 1)
  local unlocked = {}
  for first = math.max(#ids - CHUNK + 1, 1), 1 - CHUNK, -CHUNK do
    local locks, start = {}, math.max(first, 1)
    local stop = math.min(first + CHUNK - 1, #ids)
    for i = start, stop do locks[#locks + 1] = ARGV[1] .. ids[i] .. ':lock' end
    local tokens = #locks > 0 and redis.call('MGET', unpack(locks)) or {}
    for i = stop, start, -1 do
      if tokens[i - start + 1] then
        held[#held + 1] = tokens[i - start + 1]
        known[ids[i]] = nil
      elseif string.sub(ids[i], 1, 2) ~= '0:' then -- a marker that BullMQ 4 left
        unlocked[#unlocked + 1] = ids[i]
      end
    end
  end
  return unlocked
end

local beats = {}
local function signOfLife(pool)
  if beats[pool] == nil then beats[pool] = redis.call('GET', ARGV[2] .. pool) end
  return beats[pool]
end

local function processOf(pool) return string.match(pool, '^([^.]*)') end

-- 'crashed' and its process, 'forgotten' or 'stalled'; or nil and what to remember.
local function judge(id, job)
  local started = job[1] or '0'
  local number, pool = string.match(job[2] or '', '^(%d+):(.*):%d+$')
  local before, since, seen = string.match(known[id] or '', '^(%d+) (%d+) (%d+)$')
  if before ~= started then since, seen = ms(now), nil end
  if number == started then
    local sign = signOfLife(pool)
    if not sign then return 'crashed', processOf(pool), started .. ' ' .. since .. ' 0' end
    if seen and seen ~= sign then return 'forgotten' end
    return nil, nil, started .. ' ' .. since .. ' ' .. sign
  end
  if now - tonumber(since) >= tonumber(ARGV[6]) then return 'stalled' end
  return nil, nil, started .. ' ' .. since .. ' 0'
end

local gone, suspects, crashed = {}, {}, {}
for _, id in ipairs(lookAt(cursor)) do
  local job = redis.pcall('HMGET', ARGV[1] .. id, 'ats', 'sluice.by', 'rjk', 'stc', 'sluice.beside', 'pb', 'sluice.crashes')
  if not job.err then
    local why, process, remember = judge(id, job)
    if not why then suspects[id] = remember end
    if process then crashed[process] = (crashed[process] or 0) + 1 end
    if why then
      gone[#gone + 1] = {
        id = id, why = why, process = process, remember = remember, scheduler = job[3], crashes = tonumber(job[4]) or 0,
        isBeside = job[5] == job[1], worker = job[6], told = job[7],
      }
    end
  end
end

-- Of the processes that crashed: whose locks have not all run out, and which live, since another pool there does.
local dying, living = {}, { [processOf(ARGV[9])] = true }
if next(crashed) then
  for _, token in ipairs(held) do
    local pool = string.match(token, '^(.*):%d+$')
    local process = pool and processOf(pool)
    if process and crashed[process] then
      if signOfLife(pool) then living[process] = true else dying[process] = true end
    end
  end
end

local mayGiveBack = math.max(50, math.min(500, math.floor(STEPS_MOST / math.max(length, 1))))
local back, more = {}, false
for _, job in ipairs(gone) do
  if job.process and dying[job.process] and not living[job.process] then
    suspects[job.id] = job.remember
  elseif #back == mayGiveBack then
    more = true
    suspects[job.id] = known[job.id]
  else
    back[#back + 1] = job
    job.isCrash = job.why == 'crashed' and not living[job.process]
    job.counts = job.why == 'stalled' or (job.isCrash and crashed[job.process] == 1 and not job.isBeside)
  end
end
gone = back

local settings = redis.call('HMGET', KEYS[3], 'paused', 'concurrency', 'opts.maxLenEvents')
redis.call('LLEN', KEYS[1])
redis.call('ZCARD', KEYS[4])
redis.call('SCARD', KEYS[6])
redis.call('ZCARD', KEYS[10])

-- Job schedulers go on for ever: their jobs are never given up. BullMQ's rule.
local function belongsToScheduler(id)
  if not id then return false end
  return redis.call('EXISTS', KEYS[7] .. ':' .. id) == 1 or redis.call('ZSCORE', KEYS[7], id) ~= false
end
for _, job in ipairs(gone) do
  job.isDoomed = job.counts and job.crashes + 1 > tonumber(ARGV[7]) and not belongsToScheduler(job.scheduler)
end

-- Writing -----------------------------------------------------------------------------------------------------------

if not more then cursor = cursor + LOOK_MOST < length and cursor + LOOK_MOST or 0 end
leaveGuard(cursor)

if length > LOOK_MOST then
  for id, what in pairs(known) do
    local since = tonumber(string.match(what, '^%d+ (%d+)') or 0)
    if not suspects[id] and now - since < 2 * tonumber(ARGV[6]) then suspects[id] = what end
  end
end
for _, job in ipairs(gone) do suspects[job.id] = nil end
redis.call('DEL', KEYS[9])
for id, what in pairs(suspects) do redis.call('HSET', KEYS[9], id, what) end
redis.call('PEXPIRE', KEYS[9], ms(2 * tonumber(ARGV[6])))

-- The last crashes of a job, for whoever wants to know: [when, in ms, how many jobs ran in the process, its worker].
local function tellCrash(job)
  local isRead, told = pcall(cjson.decode, job.told or '[]')
  if not isRead or type(told) ~= 'table' then told = {} end
  told[#told + 1] = { now, crashed[job.process], job.worker or '' }
  while #told > CRASHES_TOLD do table.remove(told, 1) end
  redis.call('HSET', ARGV[1] .. job.id, 'sluice.crashes', cjson.encode(told))
end

-- One half of those of a process goes into one group, and the other half into the next.
local groups, numbered = {}, 0
local function suspect(job)
  local group = groups[job.process]
  if not group then
    numbered = numbered + 1
    group = { number = time[1] * 1000000 + time[2] + 2 * numbered, placed = 0 }
    groups[job.process] = group
  end
  group.placed = group.placed + 1
  local second = group.placed > math.ceil(crashed[job.process] / 2) and 1 or 0
  redis.call('ZADD', KEYS[10], string.format('%.0f', group.number + second), job.id)
end

local ids = {}
for _, job in ipairs(gone) do
  if redis.call('LREM', KEYS[2], -1, job.id) > 0 then
    if #ids == 0 then
      if not settings[3] then redis.call('HSET', KEYS[3], 'opts.maxLenEvents', 10000) end
      redis.call('XTRIM', KEYS[5], 'MAXLEN', '~', settings[3] or 10000)
    end
    ids[#ids + 1] = job.id
    redis.call('SREM', KEYS[6], job.id)
    if job.counts then redis.call('HINCRBY', ARGV[1] .. job.id, 'stc', 1) end
    if job.isDoomed then redis.call('HSET', ARGV[1] .. job.id, 'defa', 'job stalled more than allowable limit') end
    if job.isCrash then tellCrash(job) end
    if job.isCrash and not job.isDoomed then suspect(job) end
    redis.call('RPUSH', KEYS[1], job.id)
    redis.call('XADD', KEYS[5], '*', 'event', 'waiting', 'jobId', job.id, 'prev', 'active')
    redis.call('XADD', KEYS[5], '*', 'event', 'stalled', 'jobId', job.id)
  end
end
if numbered > 0 then redis.call('HSETNX', KEYS[3], 'sluice.crashSuspects', ms(now)) end
redis.call('PEXPIRE', KEYS[10], ms(SUSPECTS_LIVE_MS))
local isMaxed = settings[2] and redis.call('LLEN', KEYS[2]) >= tonumber(settings[2])
if #ids > 0 and not settings[1] and not isMaxed then redis.call('ZADD', KEYS[4], 0, '0') end
return { 'swept', ids, more and 1 or 0, 0 }
