--- @include "clock"
--- @include "complete-jobs"
--- @include "event-policy"
--- @include "take-jobs"
--- @include "wake-waiters" when wakeWaiters is called
--- @include "job-limits" when jobLimits is called
--- @include "crash-suspects" when crashSuspects is called
--- @include "wake-workers"

--[[
  settle-and-take: a pool's call. Completes plain jobs, then takes new ones for the slots that are free and for those that the
  completed ones free. Where something is not plain it changes nothing and says so; the pool then calls BullMQ's own script.

  KEYS      events, stalled, pc, marker, completed, sluice:crash-suspects; then those of capacityKeys
  ARGV[1]   what a job's key starts with
  ARGV[2]   now, in ms, by Redis's clock as the pool keeps it; empty for a take that was sent long ago: then by Redis's own, and
            a pool that gets all that it wanted also learns whether more is left
  ARGV[3]   lease, in ms
  ARGV[4]   the worker's name
  ARGV[5]   what this pool's lock tokens begin with
  ARGV[6]   how many jobs to take for slots that are free
  ARGV[7]   1: one more for each job that this call completes
  ARGV[8]   the most to take in all
  ARGV[9]   completed jobs to keep: how many
  ARGV[10]  and how many seconds
  ARGV[11]  the prefix of the streams by which producers are woken
  ARGV[12]  the configured capacity
  ARGV[13]  which jobs: 'any', or only the reply 'suspects' if crash suspects wait, which must run alone; 'others';
            'suspects'
  ARGV[14]  1: other jobs run in this process
  ARGV[15]  the job of this pool that has had its process to itself until now, see shared-process.lua; or empty
  ARGV[16…] id, lock token, result (JSON) and memory (see complete-jobs.lua) of each job to complete
  Returns   { codes of complete-jobs; 'none', or 'more' | 'empty' | 'limited' | 'needs-bullmq-script' of take-jobs, or 'suspects'; when the
            next delayed job is due or nil; fence before the first job's or nil; for each job its id, name, data, opts and
            "atm ats stc priority timestamp";
            for the few that have any { position, defa, stacktrace, rjk }; 1: BullMQ must trim; 1: this pool should pause and free its
            process for crash suspects; for how many ms the queue's rate lets no job start; 1: jobs are held back by limits of
            their contracts }

  Count: −1 for each job that is completed; 0 for those that are taken
]]
local FIRST_SETTLE = 16
local events, stalled, pc, marker, completed, suspectsKey, wait, active, prioritized, delayed, waitingChildren, pausedList,
  meta, waiters, tickets = unpack(KEYS)
local prefix, sentAt, leaseMs, worker, pool, wantedFree, takesFreed, takeMax, keepCount, keepSeconds, wakePrefix, configured,
  which, sharesProcess, alone = unpack(ARGV, 1, FIRST_SETTLE - 1)
local isPaused, concurrency, maxRate, storedEventsLimit, eventPolicy, storedFence, suspectsAskAtMs, hasLimits, hasTombstones = unpack(
  redis.call('HMGET', meta, 'paused', 'concurrency', 'max', 'opts.maxLenEvents', 'sluice.events', 'sluice.fence',
    'sluice.crashSuspects', 'sluice.limits', 'sluice.tombstones'))
local wasSentEarly = sentAt == ''
local queue = {
  prefix = prefix, now = wasSentEarly and string.format('%.0f', nowMs()) or sentAt, meta = meta,
  storedEventsLimit = storedEventsLimit, eventPolicy = eventPolicy, storedFence = storedFence,
  isPaused = isPaused, concurrency = concurrency, maxRate = maxRate,
  events = events, stalled = stalled, pc = pc, marker = marker, completed = completed, wait = wait, active = active,
  prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren, pausedList = pausedList,
  waiters = waiters, tickets = tickets, suspects = false, onlySuspects = which == 'suspects', hasTombstones = hasTombstones,
}

local function hasNoneWaiting()
  return redis.call('LLEN', wait) == 0 and redis.call('ZCARD', prioritized) == 0
end

-- Reads only: a key of another kind makes the call fail before anything is written.
if #ARGV >= FIRST_SETTLE then
  redis.call('LLEN', wait)
  redis.call('ZCARD', prioritized)
  redis.call('ZCARD', delayed)
end
if hasLimits then
  queue.limits = jobLimits(queue)
  function queue.limits:suspectAgain(id, group)
    redis.call('ZADD', suspectsKey, group, id)
    redis.call('HSETNX', meta, 'sluice.crashSuspects', queue.now)
    queue.suspects = crashSuspects(suspectsKey, meta)
  end
end
if suspectsAskAtMs then queue.suspects = crashSuspects(suspectsKey, meta) end

local codes, done, mustTrim = {}, 0, false
if #ARGV >= FIRST_SETTLE then
  local settles = {}
  for i = FIRST_SETTLE, #ARGV, 4 do settles[#settles + 1] = { ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] } end
  codes, done, mustTrim = completeJobs(queue, settles, tonumber(keepCount), tonumber(keepSeconds))
end

local wanted = math.min(tonumber(wantedFree) + (takesFreed == '1' and done or 0), tonumber(takeMax))
local ends, due, fence, jobs, rare, found, limitedMs = 'none', false, false, {}, {}, 0, 0
local suspectsWait = queue.suspects and not isPaused
local freesProcess = false
if wanted > 0 and suspectsWait and which == 'any' then
  ends = 'suspects'
  -- Other pools must hear of the jobs that this one leaves alone.
  if not (concurrency or maxRate) then redis.call('ZADD', marker, 0, '0') end
elseif wanted > 0 and queue.onlySuspects and not queue.suspects then
  ends = 'more'
elseif wanted > 0 then
  freesProcess = suspectsWait and which == 'others' and queue.suspects:asksForProcess(suspectsAskAtMs)
  local lease = { ms = leaseMs, worker = worker, pool = pool, isShared = sharesProcess == '1', alone = alone }
  ends, due, fence, jobs, rare, found, limitedMs = takeJobs(queue, wanted, lease)
  if wasSentEarly and ends == 'more' and hasNoneWaiting() then ends, due = 'empty', nextLook(queue) end
elseif done > 0 and not isPaused and (not hasNoneWaiting() or queue.limits and queue.limits:hasParked()) then
  -- Under BullMQ's global concurrency, adding a job wakes nobody: the settle that frees a slot has to.
  wakeWorkers(queue)
end

if hasTombstones and redis.call('LLEN', wait) == 0 then tombstonesOf(queue).forget() end

-- Whether the take, or the one that BullMQ's script will make now, leaves nothing to come. Under a limit of rates BullMQ does
-- not say so while the limit holds; we never do.
local function nothingComes()
  if ends == 'none' then return true end
  if isPaused or maxRate then return false end
  if ends == 'needs-bullmq-script' then return redis.call('ZCARD', delayed) == 0 end
  return ends == 'empty' and found == 0 and not due
end

if done > 0 then
  if writesAllEvents(queue) and nothingComes() and hasNoneWaiting() and redis.call('LLEN', active) == 0 then
    redis.call('XADD', events, '*', 'event', 'drained')
  end
  if redis.call('EXISTS', waiters) == 1 then wakeWaiters(queue, wakePrefix, configured) end
end
return { codes, ends, due, fence, jobs, rare, mustTrim and 1 or 0, freesProcess and 1 or 0, limitedMs,
  queue.limits and queue.limits:hasParked() and 1 or 0 }
