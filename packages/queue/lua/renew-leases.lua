--[[
  renew-leases: renews leases of one pool, each for a time of its own, and leaves the pool's sign of life.

  A lease whose lock ran out (Redis was paused, restarted, failed over) is taken back while nobody else had the job since: it
  is still in the active list, and its hash says that our delivery was the last one. A settled job is not in that list, so
  its lock is never revived.

  KEYS[1,2]  active, stalled
  KEYS[3]    the pool's sign of life: the time of its last round of renewals, in microseconds; none for a queue that is gone
  KEYS[4]    meta
  ARGV[1]    what a job's key starts with
  ARGV[2]    how long the sign of life lasts, in ms; 0: more runs of this round follow, leave none yet
  ARGV[3…]   id, lock token, number of the delivery and ms of each lease, at most 1,000
  Answer: for each lease 1 renewed, 2 taken back, 0 lost
]]
local jobs, tokens, deliveries, times, locks = {}, {}, {}, {}, {}
for i = 3, #ARGV, 4 do
  local n = #jobs + 1
  jobs[n], tokens[n], deliveries[n], times[n] = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  locks[n] = ARGV[1] .. ARGV[i] .. ':lock'
end

-- Walks the active list once, however many locks are gone.
local active
local function isActive(id)
  if not active then
    active = {}
    for _, member in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do active[member] = true end
  end
  return active[id]
end

local function isStillOurs(n)
  if not isActive(jobs[n]) then return false end
  local job = redis.pcall('HMGET', ARGV[1] .. jobs[n], 'ats', 'sluice.by')
  return not job.err and job[1] == deliveries[n] and job[2] == deliveries[n] .. ':' .. tokens[n]
end

redis.call('SCARD', KEYS[2]) -- looks only: a key of another kind fails the run before anything is written
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
if #kept > 0 then redis.call('SREM', KEYS[2], unpack(kept)) end -- for the stalled check of BullMQ's workers
local isThere = #jobs > 0 or redis.call('EXISTS', KEYS[1], KEYS[4]) > 0
if ARGV[2] ~= '0' and isThere then
  local time = redis.call('TIME')
  redis.call('SET', KEYS[3], string.format('%.0f', time[1] * 1000000 + time[2]), 'PX', ARGV[2])
end
return answers
