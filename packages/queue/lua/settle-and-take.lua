--- @include "clock"
--- @include "wake-waiters" when wakeWaiters is called
--- @include "turn-of-one"
--- @include "whole-turn" when wholeTurn is called

--[[
  settle-and-take: a pool's call. Completes plain jobs, then takes new ones for the slots that are free and for those that the
  completed ones free. Where something is not plain it changes nothing and says so; the pool then calls BullMQ's own script.
  A single plain job goes a short way.

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
  prefix = prefix, now = wasSentEarly and string.format('%.0f', nowMs()) or sentAt, wasSentEarly = wasSentEarly, meta = meta,
  storedEventsLimit = storedEventsLimit, eventPolicy = eventPolicy, storedFence = storedFence,
  isPaused = isPaused, concurrency = concurrency, maxRate = maxRate, hasLimits = hasLimits,
  events = events, stalled = stalled, pc = pc, marker = marker, completed = completed, wait = wait, active = active,
  prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren, pausedList = pausedList,
  waiters = waiters, tickets = tickets, suspectsKey = suspectsKey, suspectsAskAtMs = suspectsAskAtMs, suspects = false,
  onlySuspects = which == 'suspects', hasTombstones = hasTombstones,
}
local order = {
  free = tonumber(wantedFree), takesFreed = takesFreed == '1', most = tonumber(takeMax), which = which,
  keepCount = tonumber(keepCount), keepSeconds = tonumber(keepSeconds), wakePrefix = wakePrefix, configured = configured,
}
local lease = { ms = leaseMs, worker = worker, pool = pool, isShared = sharesProcess == '1', alone = alone }

local settles = {}
for i = FIRST_SETTLE, #ARGV, 4 do settles[#settles + 1] = { ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] } end

local hasObstacle = isPaused or concurrency or maxRate or eventPolicy or suspectsAskAtMs or hasLimits or hasTombstones
  or not storedEventsLimit or queue.onlySuspects or alone ~= '' or order.keepCount == 0
order.wanted = math.min(order.free + (order.takesFreed and #settles or 0), order.most)
if not hasObstacle and order.wanted > 0 and #settles < 2 and (not settles[1] or settles[1][4] == '') then
  local reply = turnOfOne(queue, settles[1], order, lease)
  if reply then return reply end
end
return wholeTurn(queue, settles, order, lease)
