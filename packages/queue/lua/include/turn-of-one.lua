--- @include "start-delivery"
--- @include "trim-ended"
--- @include "completed-event"
--- @include "next-due"

--[[
  The short way of settle-and-take, for one plain job at a time: a slot that works on one after another, and a pool that is nearly
  idle. Completes a job, if one has ended, and takes the oldest that waits, if there is one and not more of them are wanted.
  Only for a queue whose meta hash holds nothing that keeps jobs from starting. It writes nothing before all that it found has turned out
  plain; otherwise it returns nil, and the whole turn decides. What it leaves is what that would.

  queue   see settle-and-take.lua
  settle  { id, token, result } of a job to complete, or nil
  order   see whole-turn.lua; with the number of jobs to take, at least one, in `wanted`
  lease   see take-jobs.lua
]]
local LONG_LIST = 4000 -- active jobs; in a longer list LREM is the dearer way, see complete-jobs.lua

-- How many attempts the job will have made; nil when it is not a plain one that runs under this token.
local function attemptsOfPlain(jobKey, token)
  if redis.call('MGET', jobKey .. ':lock')[1] ~= token then return nil end
  if redis.call('EXISTS', jobKey .. ':dependencies', jobKey .. ':unsuccessful') > 0 then return nil end
  local job = redis.pcall('HMGET', jobKey, 'ats', 'atm', 'parentKey', 'parent', 'deid')
  if job.err or not job[1] or job[3] or job[4] or job[5] then return nil end
  return (tonumber(job[2]) or 0) + 1
end

-- The fields of the job; nil when there is something special about it.
local function readPlain(queue, id)
  if string.sub(id, 1, 2) == '0:' then return nil end -- a marker that BullMQ 4 left
  local job = readFields(queue.prefix .. id)
  if job.err or not job[1] or job[8] or job[9] or job[10] then return nil end
  return job
end

-- Returns whether the job was still active, and whether BullMQ must trim. When it was not, nothing is changed that matters.
local function completePlain(queue, settle, made, held, order)
  local id, result = settle[1], settle[3]
  local jobKey = queue.prefix .. id
  redis.call('XTRIM', queue.events, 'MAXLEN', '~', queue.storedEventsLimit)
  redis.call('SREM', queue.stalled, id)
  if redis.call('LREM', queue.active, -1, id) == 0 then return false end
  redis.call('DEL', jobKey .. ':lock')
  redis.call('HSET', jobKey, 'atm', made, 'returnvalue', result, 'finishedOn', queue.now)
  addCompleted(queue.events, id, result)
  held = held + redis.call('ZADD', queue.completed, queue.now, id)
  return true, trimEnded(queue.completed, queue.prefix, held, order.keepCount, order.keepSeconds, tonumber(queue.now), { [id] = true }, 1)
end

-- Moves the job to `active`, under a lease. Returns the fence before its own.
local function takePlain(queue, id, job, lease)
  redis.call('LMOVE', queue.wait, queue.active, 'RIGHT', 'LEFT')
  local fence = lastFence(queue.storedFence)
  startDelivery(queue, lease, id, job, fence + 1, lease.isShared)
  storeFence(queue.meta, fence + 1)
  redis.call('ZADD', queue.marker, 0, '0')
  return string.format('%.0f', fence)
end

local function turnOfOne(queue, settle, order, lease)
  local dueMs = nextDue(queue)
  if dueMs and dueMs <= tonumber(queue.now) then return nil end
  local waiting, hasUrgent = redis.call('LRANGE', queue.wait, -2, -1), redis.call('ZCARD', queue.prioritized) > 0
  if #waiting > 1 and order.wanted > 1 or #waiting < order.wanted and hasUrgent then return nil end
  local id = waiting[#waiting]
  local job = id and readPlain(queue, id)
  if id and not job then return nil end

  local mustTrim = false
  if settle then
    local made = attemptsOfPlain(queue.prefix .. settle[1], settle[2])
    if not made or redis.call('LLEN', queue.active) >= LONG_LIST then return nil end
    local held, isDone = redis.call('ZCARD', queue.completed), nil
    isDone, mustTrim = completePlain(queue, settle, made, held, order)
    if not isDone then return nil end
  end
  if #waiting < order.wanted then redis.call('DEL', queue.pc) end
  local fence = id and takePlain(queue, id, job, lease)
  local isEmpty = #waiting < order.wanted or queue.wasSentEarly and #waiting == 1 and not hasUrgent
  if settle then
    if isEmpty and not id and not dueMs and redis.call('LLEN', queue.active) == 0 then
      redis.call('XADD', queue.events, '*', 'event', 'drained')
    end
    if redis.call('EXISTS', queue.waiters) == 1 then wakeWaiters(queue, order.wakePrefix, order.configured) end
  end
  return { settle and { 0 } or {}, isEmpty and 'empty' or 'more', isEmpty and dueMs and string.format('%.0f', dueMs) or false,
    fence or false, id and { id, job[1], job[2], job[3], numbersOf(job) } or {}, {}, mustTrim and 1 or 0, 0, 0, 0 }
end
