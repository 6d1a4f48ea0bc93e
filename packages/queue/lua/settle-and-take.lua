--- @include "waiter-queue"
--- @include "complete-jobs"
--- @include "take-jobs"

--[[
  settle-and-take: what a pool has to say in one turn. Completes plain jobs, then takes new ones for the slots that are free
  and for those that the completed ones leave. Where something is not plain it changes nothing and says so; the pool then
  calls BullMQ's own script.

  KEYS[1…6]      events, stalled, pc, marker, completed, sluice:crash-suspects
  KEYS[7…15]     what roomBehindLine needs: wait, active, prioritized, delayed, waiting-children, paused, meta, sluice:line,
                 sluice:tickets
  ARGV[1]        what a job's key starts with
  ARGV[2]        now, in ms, by Redis's clock as the pool keeps it; empty for a take that was sent long ago: Redis's own,
                 and who found all that it wanted is told whether that was all there is
  ARGV[3,4,5]    lease in ms; the worker's name; what this pool's lock tokens begin with
  ARGV[6]        how many jobs to take for slots that are free
  ARGV[7]        1: one more for each job that this run completes
  ARGV[8]        the most to take in all
  ARGV[9,10]     completed jobs to keep: how many, how many seconds
  ARGV[11,12]    prefix of the lists at which producers listen; the configured capacity
  ARGV[13]       which jobs: 'any', and if there are crash suspects to be run alone, none but word of that; 'others'; 'suspects'
  ARGV[14]       1: other jobs run in this process
  ARGV[15]       the job of this pool that has been alone in its process until now, see noteCompany; or empty
  ARGV[16…]      id, lock token, result (JSON) and memory (see complete-jobs) of each job to complete
  Answer: { codes of complete-jobs, 'none' | 'more' | 'empty' | 'ask' of take-jobs or 'suspects', when the next delayed job is due or nil, fence
            before the first job's or nil, for each job its id, name, data, opts and "atm ats stc priority", for the few that
            have any { place, defa, stacktrace, rjk }, 1: BullMQ must trim, 1: this pool should make room for crash suspects }
]]
local FIRST_SETTLE = 16
local meta = KEYS[13]
local settings = redis.call('HMGET', meta, 'paused', 'concurrency', 'max', 'opts.maxLenEvents', 'sluice.fence',
  'sluice.crashSuspects')
local wasSentEarly = ARGV[2] == ''
local now = wasSentEarly and string.format('%.0f', math.floor(nowMicros() / 1000)) or ARGV[2]
local queue = {
  prefix = ARGV[1], now = now, meta = meta, maxEvents = settings[4], fence = settings[5],
  limited = settings[1] or settings[2] or settings[3],
  events = KEYS[1], stalled = KEYS[2], pc = KEYS[3], marker = KEYS[4], completed = KEYS[5],
  wait = KEYS[7], active = KEYS[8], prioritized = KEYS[9], delayed = KEYS[10],
  onlySuspects = ARGV[13] == 'suspects',
}

local function isEmpty()
  return redis.call('LLEN', queue.wait) == 0 and redis.call('ZCARD', queue.prioritized) == 0
end

-- Whoever waits for work must hear of what is left, also where nobody who adds leaves word (BullMQ's global limit).
local function leaveWord()
  if settings[1] or isEmpty() then return end
  local maxed = settings[2] and redis.call('LLEN', queue.active) >= tonumber(settings[2])
  if not maxed then redis.call('ZADD', queue.marker, 0, '0') end
end

-- Looks only: a key of another kind fails the run before anything is written.
if #ARGV >= FIRST_SETTLE then
  redis.call('LLEN', queue.wait)
  redis.call('ZCARD', queue.prioritized)
  redis.call('ZCARD', queue.delayed)
end
if settings[6] then queue.suspects = suspectsOf(KEYS[6], meta) end

local codes, done, mustTrim = {}, 0, false
if #ARGV >= FIRST_SETTLE then
  local settles = {}
  for i = FIRST_SETTLE, #ARGV, 4 do settles[#settles + 1] = { ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] } end
  codes, done, mustTrim = completeJobs(queue, settles, tonumber(ARGV[9]), tonumber(ARGV[10]))
end

local wanted = math.min(tonumber(ARGV[6]) + (ARGV[7] == '1' and done or 0), tonumber(ARGV[8]))
local ends, due, fence, jobs, rare, found = 'none', false, false, {}, {}, 0
local suspectsWait = queue.suspects and not settings[1]
local makesRoom = false
if wanted > 0 and suspectsWait and ARGV[13] == 'any' then
  ends = 'suspects'
  -- Word of the jobs that this pool leaves alone.
  if not queue.limited then redis.call('ZADD', queue.marker, 0, '0') end
elseif wanted > 0 and queue.onlySuspects and not queue.suspects then
  ends = 'more'
elseif wanted > 0 then
  makesRoom = suspectsWait and ARGV[13] == 'others' and asksForRoom(meta, settings[6], math.floor(nowMicros() / 1000))
  local lease = { ms = ARGV[3], name = ARGV[4], pool = ARGV[5], beside = ARGV[14] == '1', alone = ARGV[15] }
  ends, due, fence, jobs, rare, found = takeJobs(queue, wanted, lease)
  if wasSentEarly and ends == 'more' and isEmpty() then ends, due = 'empty', nextDue(queue) end
elseif done > 0 then
  leaveWord()
end

-- Whether the take, or the one that BullMQ's script will make now, leaves nothing to come. Under a limit of rates BullMQ does
-- not say so while the limit holds; we never do.
local function nothingComes()
  if ends == 'none' then return true end
  if ends == 'ask' then return not (settings[1] or settings[3]) and redis.call('ZCARD', queue.delayed) == 0 end
  return ends == 'empty' and found == 0 and not due
end

if done > 0 then
  if nothingComes() and isEmpty() and redis.call('LLEN', queue.active) == 0 then
    redis.call('XADD', queue.events, '*', 'event', 'drained')
  end
  if redis.call('EXISTS', KEYS[14]) == 1 then
    local _, depth, capacity = roomBehindLine(KEYS, ARGV[12])
    wakeLine(KEYS[14], KEYS[15], ARGV[11], capacity - depth, math.floor(nowMicros() / 1000))
  end
end
return { codes, ends, due, fence, jobs, rare, mustTrim and 1 or 0, makesRoom and 1 or 0 }
