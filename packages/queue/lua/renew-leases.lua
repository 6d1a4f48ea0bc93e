--- @include "clock"
--- @include "last-heartbeats"

--[[
  renew-leases: renews leases of one pool, each for a time of its own, and leaves the pool's heartbeat.

  A lease whose lock ran out (Redis was paused, restarted, failed over) is reacquired while nobody else had the job since: it
  is still in the active list, and its hash says that our delivery was the last one. A settled job is not in that list, so
  its lock is never revived.

  KEYS      active; stalled; the pool's heartbeat: the time of its last round of renewals, in microseconds, which a queue that is
            gone has not; meta; sluice:pools, a sorted set of the queue's pools: pool → until when its heartbeat lasts, in ms;
            sluice:last-heartbeats, see include/last-heartbeats.lua; what the pool says of itself
  ARGV[1]   what a job's key starts with
  ARGV[2]   how long the heartbeat lasts, in ms; 0: more calls of this round follow, leave none yet
  ARGV[3]   the pool
  ARGV[4]   its machine
  ARGV[5]   its process on that machine
  ARGV[6]   1: it drains
  ARGV[7]   what it says of itself, in JSON
  ARGV[8…]  id, lock token, number of the delivery and ms of each lease, at most 1,000
  Returns   for each lease 1 renewed, 2 reacquired, 0 lost

  Count: 0
]]
local FIRST_LEASE = 8
local active, stalled, heartbeat, meta, pools, lastHeartbeats, description = unpack(KEYS)
local prefix, heartbeatMs, pool, machine, process, drains, about = unpack(ARGV, 1, FIRST_LEASE - 1)

local jobs, tokens, deliveries, times, locks = {}, {}, {}, {}, {}
for i = FIRST_LEASE, #ARGV, 4 do
  local n = #jobs + 1
  jobs[n], tokens[n], deliveries[n], times[n] = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  locks[n] = prefix .. ARGV[i] .. ':lock'
end

-- Walks the active list once, however many locks are gone.
local activeJobs
local function isActive(id)
  if not activeJobs then
    activeJobs = {}
    for _, member in ipairs(redis.call('LRANGE', active, 0, -1)) do activeJobs[member] = true end
  end
  return activeJobs[id]
end

local function isStillOurs(n)
  if not isActive(jobs[n]) then return false end
  local job = redis.pcall('HMGET', prefix .. jobs[n], 'ats', 'sluice.by')
  return not job.err and job[1] == deliveries[n] and job[2] == deliveries[n] .. ':' .. tokens[n]
end

-- Those who count pools need no search for their heartbeats.
local function enlist()
  redis.call('ZREMRANGEBYSCORE', pools, '-inf', string.format('(%.0f', nowMs()))
  redis.call('ZADD', pools, string.format('%.0f', nowMs() + tonumber(heartbeatMs)), pool)
  if redis.call('PTTL', pools) < tonumber(heartbeatMs) then redis.call('PEXPIRE', pools, heartbeatMs) end
end

-- A key of another kind makes the call fail before anything is written.
redis.call('SCARD', stalled)
redis.call('ZCARD', pools)
redis.call('ZCARD', lastHeartbeats)
local answers, kept = {}, {}
local held = #locks > 0 and redis.call('MGET', unpack(locks)) or {}
for n = 1, #jobs do
  answers[n] = held[n] == tokens[n] and 1 or (not held[n] and isStillOurs(n) and 2 or 0)
  if answers[n] > 0 then kept[#kept + 1] = jobs[n] end
end

for n = 1, #jobs do
  if answers[n] == 1 then redis.call('PEXPIRE', locks[n], times[n]) end
  if answers[n] == 2 then redis.call('SET', locks[n], tokens[n], 'PX', times[n]) end
end
if #kept > 0 then redis.call('SREM', stalled, unpack(kept)) end -- for the stalled check of BullMQ's workers
local isThere = #jobs > 0 or redis.call('EXISTS', active, meta) > 0
if heartbeatMs ~= '0' and isThere then
  redis.call('SET', heartbeat, string.format('%.0f', nowMicros()), 'PX', heartbeatMs)
  redis.call('SET', description, about, 'PX', heartbeatMs)
  enlist()
  noteHeartbeat(lastHeartbeats, { pool = pool, machine = machine, process = process, drains = drains == '1' })
end
return answers
