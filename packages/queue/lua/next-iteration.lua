--- @include "schedule-keys"
--- @include "add-iteration"
--- @include "has-ended"
--- @include "wake-waiters" when wakeWaiters is called

--[[
  next-iteration: an iteration of a schedule was taken. Makes the next one, and says what is to be done with this one. What does not
  run is removed.

  KEYS      stalled; repeat, id, events, marker; then those of capacityKeys
  ARGV[1]   what a job's key starts with
  ARGV[2]   name of the schedule
  ARGV[3]   id of the job that was taken; empty: there is none, because it was lost
  ARGV[4]   its lock token
  ARGV[5]   digest of the schedule as the caller read it
  ARGV[6]   1: its time has not passed by too far
  ARGV[7]   when the next iteration is due by the schedule, in ms; empty: never
  ARGV[8]   when it may be taken
  ARGV[9]   its jitter
  ARGV[10]  its options, JSON
  ARGV[11]  1: it may run while an earlier one has not ended
  ARGV[12]  1: one that may not run yet is tried again later, instead of being left out
  ARGV[13]  the prefix of the streams by which producers are woken
  ARGV[14]  the configured capacity
  Returns   'run'; 'later': try again later, nothing was changed; 'left-out': it is removed; 'changed': the schedule is another one by
            now, read it again; 'lost': the lease is gone

  Count: +1, the next iteration, never refused: the schedule would end for good. −1 when this one is left out
]]
local prefix, schedule, jobId, token, digest, isInTime, dueMs, atMs, jitterMs, options, mayOverlap, waits, wakePrefix,
  configured = unpack(ARGV)
local stalled = unpack(KEYS)
local queue = scheduleKeys(2, prefix)
local key = queue['repeat'] .. ':' .. schedule
local current = digitsOf(redis.call('ZSCORE', queue['repeat'], schedule))
if not current then return 'run' end -- the schedule was removed meanwhile
local currentId = 'repeat:' .. schedule .. ':' .. current
local isLost = jobId == ''
if isLost then
  if not hasEnded(prefix .. currentId) then return 'run' end
elseif jobId ~= currentId then
  return 'run' -- taken before: a retry, or given back
end
local job, data, isDigest, paused, last = unpack(redis.call('HMGET', key, 'name', 'data', 'sluice.digest', 'sluice.paused',
  'sluice.last'))
if isDigest ~= digest then return 'changed' end
if not isLost and redis.call('GET', prefix .. jobId .. ':lock') ~= token then return 'lost' end

local why
if isLost then
  why = 'lost'
elseif paused then
  why = 'paused'
elseif isInTime ~= '1' then
  why = 'missed'
elseif mayOverlap ~= '1' and last and last ~= jobId and not hasEnded(prefix .. last) then
  if waits == '1' then return 'later' end
  why = 'overlapped'
end

local nextKey = prefix .. 'repeat:' .. schedule .. ':' .. dueMs
if dueMs == '' then
  redis.call('HSET', key, 'sluice.ended', 1)
elseif redis.call('EXISTS', nextKey) == 0 then
  redis.call('HINCRBY', key, 'ic', 1)
  addIteration(queue, {
    schedule = schedule, job = job, data = data or '{}', options = options, dueMs = dueMs, atMs = atMs, jitterMs = jitterMs,
  })
end
if not why then
  redis.call('HINCRBY', key, 'sluice.runs', 1)
  redis.call('HSET', key, 'sluice.last', jobId, 'sluice.lastAtMs', string.format('%.0f', nowMs()))
  return 'run'
end
if why == 'overlapped' or why == 'missed' then redis.call('HINCRBY', key, 'sluice.' .. why, 1) end
if isLost then return 'left-out' end
redis.call('LREM', queue.active, 1, jobId)
redis.call('SREM', stalled, jobId)
redis.call('DEL', prefix .. jobId, prefix .. jobId .. ':lock', prefix .. jobId .. ':logs')
redis.call('XADD', queue.events, '*', 'event', 'removed', 'jobId', jobId, 'prev', 'active')
if redis.call('EXISTS', queue.waiters) == 1 then wakeWaiters(queue, wakePrefix, configured) end
return 'left-out'
