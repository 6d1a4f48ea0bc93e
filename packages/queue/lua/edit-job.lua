--- @include "bullmq/changeDelay-4"
--- @include "capacity-keys"
--- @include "clock"
--- @include "known-ids"
--- @include "scores"
--- @include "wake-workers"

--[[
  edit-job: changes a job that has not started, or waits for its next attempt: its payload, its expiry, its priority, its delay, or
  several of them, whole or not at all. All is checked before the first write. The digest of the payload as it was put stays, so a put
  of that payload under the id is still a duplicate.

  A job keeps its position unless its priority or its delay changes; then it is the last of those of its priority, or of those that
  are due at that time, as with BullMQ's own scripts. In opts only `sluice` is changed, as text, so that nothing else is written anew.

  KEYS      job, then those of capacityKeys, then events, marker, pc, sluice:crash-suspects
  ARGV[1]   job id
  ARGV[2]   what a job's key starts with
  ARGV[3]   the job's name as it was read: nothing is changed of a job of another contract
  ARGV[4]   the new payload; empty: it stays
  ARGV[5]   the version of its contract; empty: it stays
  ARGV[6]   the new expiry in ms, or 'never'; empty: it stays
  ARGV[7]   the new priority, 0 for none; empty: it stays
  ARGV[8]   from now on in how many ms it may start, 0 for now; empty: it stays
  Returns   'edited', 'unknown', 'active', 'ended', 'waiting-children', 'scheduled' (the next iteration of a job scheduler), 'suspect'
            (a crash suspect keeps its place), 'deduplicated' (the delay of a job that has a dedupe key) or 'foreign' (put by another
            client, whose jobs have no expiry)

  Count: 0
]]
local LOOK_MAX = 5000
local jobKey = KEYS[1]
local queue = capacityKeys(2)
local events, marker, priorityCounter, suspects = unpack(KEYS, 11, 14)
local id, prefix, name, payload, version, expiry, priority, delayMs = unpack(ARGV)
priority, delayMs = tonumber(priority), tonumber(delayMs)

local stored, finishedOn, processedOn, opts, scheduler, dedupeKey, oldPriority = unpack(redis.call('HMGET', jobKey, 'name',
  'finishedOn', 'processedOn', 'opts', 'rjk', 'deid', 'priority'))
if not stored or stored ~= name then return 'unknown' end
if finishedOn then return 'ended' end
if redis.call('ZSCORE', queue.waitingChildren, id) then return 'waiting-children' end

local isDelayed = redis.call('ZSCORE', queue.delayed, id) ~= false
local parkedKey = prefix .. 'sluice:parked:' .. name -- jobs that a limit holds back, see job-limits.lua
local isParked = isDelayed and redis.call('ZSCORE', parkedKey, id) ~= false
local isPrioritized = not isDelayed and redis.call('ZSCORE', queue.prioritized, id) ~= false
local waits = not isDelayed and not isPrioritized
if waits and processedOn and redis.call('LPOS', queue.active, id) then return 'active' end
if scheduler then return 'scheduled' end

oldPriority = tonumber(oldPriority) or 0
local changesPriority = priority and priority ~= oldPriority
local changesDelay = delayMs and (isDelayed and not isParked or delayMs > 0)
local moves = changesDelay or (changesPriority and not isDelayed)
if moves and redis.call('ZSCORE', suspects, id) then return 'suspect' end
if changesDelay and dedupeKey then return 'deduplicated' end

-- In the text of `sluice` in opts: sets a number, or removes it.
local function withNumber(stamp, key, number)
  local pattern = '"' .. key .. '":%d+'
  if not number then return (string.gsub(string.gsub(stamp, ',' .. pattern, ''), pattern .. ',?', '')) end
  local member = string.format('"%s":%s', key, number)
  if string.find(stamp, pattern) then return (string.gsub(stamp, pattern, member)) end
  return (string.gsub(stamp, '^{', stamp == '{}' and '{' .. member or '{' .. member .. ','))
end

local newOpts, stamps = opts, 0
if expiry ~= '' or version ~= '' then
  newOpts, stamps = string.gsub(opts or '', '"sluice":(%b{})', function(stamp)
    if version ~= '' then stamp = withNumber(stamp, 'v', version) end
    if expiry ~= '' then stamp = withNumber(stamp, 'e', expiry ~= 'never' and expiry or nil) end
    return '"sluice":' .. stamp
  end)
  local stamp = stampOf(newOpts)
  local isWritten = stamps == 1 and (expiry == '' or tonumber(stamp.e) == tonumber(expiry))
  if not isWritten then
    if expiry ~= '' then return 'foreign' end
    newOpts = opts
  end
end

local function takeOff()
  if isDelayed then return redis.call('ZREM', queue.delayed, id) == 1 end
  if isPrioritized then return redis.call('ZREM', queue.prioritized, id) == 1 end
  local isNear = redis.call('LPOS', queue.wait, id, 'MAXLEN', LOOK_MAX)
  if redis.call('LREM', queue.wait, isNear and 1 or -1, id) == 1 then return true end
  return redis.call('LREM', queue.pausedList, -1, id) == 1
end

local function nextPriorityScore()
  return string.format('%.0f', priority * PRIORITY_UNIT + redis.call('INCR', priorityCounter) % PRIORITY_UNIT)
end

-- Where a job that a limit holds back is put when it may start.
local function rankParked()
  local score = priority == 0 and redis.call('HINCRBY', queue.meta, 'sluice.limits', 1) or nextPriorityScore()
  redis.call('ZADD', parkedKey, score, id)
end

local function delay()
  if isParked then redis.call('ZREM', parkedKey, id) end
  if not isDelayed then redis.call('ZADD', queue.delayed, 0, id) end
  bullmq.changeDelay({ queue.delayed, queue.meta, marker, events }, { delayMs, string.format('%.0f', nowMs()), id, jobKey })
end

local function queueUp()
  if priority == 0 then
    redis.call('LPUSH', queue.wait, id)
  else
    redis.call('ZADD', queue.prioritized, nextPriorityScore(), id)
  end
  local isPaused, concurrency = unpack(redis.call('HMGET', queue.meta, 'paused', 'concurrency'))
  wakeWorkers({ marker = marker, active = queue.active, isPaused = isPaused, concurrency = concurrency })
end

-- An id that is nowhere is a job that BullMQ is about to lose: it is left as it is.
if moves and not isDelayed and not takeOff() then return 'unknown' end
if payload ~= '' then redis.call('HSET', jobKey, 'data', payload) end
if newOpts ~= opts then redis.call('HSET', jobKey, 'opts', newOpts) end
if changesPriority then redis.call('HSET', jobKey, 'priority', priority) end
if changesDelay then
  delay()
elseif moves then
  queueUp()
elseif isParked and changesPriority then
  rankParked()
end
return 'edited'
