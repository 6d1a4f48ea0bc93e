--- @include "clock"
--- @include "complete-jobs"
--- @include "event-policy"
--- @include "take-jobs"
--- @include "wake-waiters" when wakeWaiters is called
--- @include "job-limits" when jobLimits is called
--- @include "crash-suspects" when crashSuspects is called
--- @include "wake-workers"

--[[
  The whole of settle-and-take, for any number of jobs of any kind, and a queue with limits, suspects or a pause.

  queue    see settle-and-take.lua
  settles  list of { id, token, result, memory }
  order    { free, takesFreed, most: how many jobs to take; keepCount, keepSeconds, which, wakePrefix, configured }
  lease    see take-jobs.lua
]]
local function hasNoneWaiting(queue)
  return redis.call('LLEN', queue.wait) == 0 and redis.call('ZCARD', queue.prioritized) == 0
end

-- Reads only: a key of another kind makes the call fail before anything is written.
local function checkKinds(queue)
  redis.call('LLEN', queue.wait)
  redis.call('ZCARD', queue.prioritized)
  redis.call('ZCARD', queue.delayed)
end

local function readObstacles(queue)
  if queue.hasLimits then
    queue.limits = jobLimits(queue)
    function queue.limits:suspectAgain(id, group)
      redis.call('ZADD', queue.suspectsKey, group, id)
      redis.call('HSETNX', queue.meta, 'sluice.crashSuspects', queue.now)
      queue.suspects = crashSuspects(queue.suspectsKey, queue.meta)
    end
  end
  if queue.suspectsAskAtMs then queue.suspects = crashSuspects(queue.suspectsKey, queue.meta) end
end

-- Whether the take, or the one that BullMQ's script will make now, leaves nothing to come. Under a limit of rates BullMQ does
-- not say so while the limit holds; we never do.
local function nothingComes(queue, ends, found, due)
  if ends == 'none' then return true end
  if queue.isPaused or queue.maxRate then return false end
  if ends == 'needs-bullmq-script' then return redis.call('ZCARD', queue.delayed) == 0 end
  return ends == 'empty' and found == 0 and not due
end

local function wholeTurn(queue, settles, order, lease)
  if #settles > 0 then checkKinds(queue) end
  readObstacles(queue)
  local codes, done, mustTrim = {}, 0, false
  if #settles > 0 then codes, done, mustTrim = completeJobs(queue, settles, order.keepCount, order.keepSeconds) end

  local wanted = math.min(order.free + (order.takesFreed and done or 0), order.most)
  local ends, due, fence, jobs, rare, found, limitedMs = 'none', false, false, {}, {}, 0, 0
  local suspectsWait = queue.suspects and not queue.isPaused
  local freesProcess = false
  if wanted > 0 and suspectsWait and order.which == 'any' then
    ends = 'suspects'
    -- Other pools must hear of the jobs that this one leaves alone.
    if not (queue.concurrency or queue.maxRate) then redis.call('ZADD', queue.marker, 0, '0') end
  elseif wanted > 0 and queue.onlySuspects and not queue.suspects then
    ends = 'more'
  elseif wanted > 0 then
    freesProcess = suspectsWait and order.which == 'others' and queue.suspects:asksForProcess(queue.suspectsAskAtMs)
    ends, due, fence, jobs, rare, found, limitedMs = takeJobs(queue, wanted, lease)
    if queue.wasSentEarly and ends == 'more' and hasNoneWaiting(queue) then ends, due = 'empty', nextLook(queue) end
  elseif done > 0 and not queue.isPaused and (not hasNoneWaiting(queue) or queue.limits and queue.limits:hasParked()) then
    -- Under BullMQ's global concurrency, adding a job wakes nobody: the settle that frees a slot has to.
    wakeWorkers(queue)
  end

  if queue.hasTombstones and redis.call('LLEN', queue.wait) == 0 then tombstonesOf(queue).forget() end

  if done > 0 then
    if writesAllEvents(queue) and nothingComes(queue, ends, found, due) and hasNoneWaiting(queue)
      and redis.call('LLEN', queue.active) == 0 then
      redis.call('XADD', queue.events, '*', 'event', 'drained')
    end
    if redis.call('EXISTS', queue.waiters) == 1 then wakeWaiters(queue, order.wakePrefix, order.configured) end
  end
  return { codes, ends, due, fence, jobs, rare, mustTrim and 1 or 0, freesProcess and 1 or 0, limitedMs,
    queue.limits and queue.limits:hasParked() and 1 or 0 }
end
