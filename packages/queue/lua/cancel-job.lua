--- @include "forget-removed-id"
--- @include "capacity-keys"
--- @include "job-keys"
--- @include "tombstones"
--- @include "wake-waiters"

--[[
  cancel-job: removes a job that waits; of one that runs it leaves an order with its pool, and answers what became of the order
  when it is called again. The check and BullMQ's own removeJob (with forget-removed-id.lua) are one atomic call: between two, a worker could take the
  job, end it, and see its result removed.

  An order names the delivery by its fence, so it can hit no later one. The pool reads it within a second, and leaves
  `sluice:cancelled:<fence>` once the job is settled as cancelled: the hash may be gone at once.

  An id that is in no sorted set is in `wait` or in `active`; only a job that was started before can be in the latter. The lock
  does not tell: a job whose lease ran out is in `active` until the sweep gives it back. BullMQ looks for the job from the newest on;
  what is near the other end, where jobs are taken, is brought to it. Of a plain job between them a tombstone is left
  (tombstones.lua): at most as many as jobs wait. Any other is searched in the whole list.

  KEYS     job, repeat, then those of capacityKeys
  ARGV[1]  job id
  ARGV[2]  what a job's key starts with
  ARGV[3]  when the job was put, as an earlier call of this cancel answered it, so that no later job of the id is meant; or empty
  ARGV[4]  the fence of the delivery that has an order of this cancel; or empty
  ARGV[5]  how long an order lasts, in ms; 0: none is left
  ARGV[6]  why, for the handler
  ARGV[7]  the prefix of the streams by which producers are woken
  ARGV[8]  the configured capacity
  ARGV[9]  how far from each end of `wait` the job is looked for
  Returns  { 'removed' | 'aborted' | 'ended' | 'gone' (it was there before) | 'unknown' | 'refused' (it waits for its children, or is the
           next iteration of a job scheduler) | 'running', when it was put, fence or nil: no pool of ours has it, the key of its
           pool's orders or nil }

  Count: −1 when it is removed
]]
local jobKey, schedulers = unpack(KEYS)
local queue = capacityKeys(3)
local id, prefix, seen, ordered, orderMs, reason, wakePrefix, configured, lookMax = unpack(ARGV)
local tombstones = tombstonesOf({ prefix = prefix, meta = queue.meta })

local function isActive(processedOn)
  if not processedOn or redis.call('ZSCORE', queue.delayed, id) or redis.call('ZSCORE', queue.prioritized, id) then
    return false
  end
  return redis.call('LPOS', queue.active, id) ~= false
end

local function isNear(rank)
  return redis.call('LPOS', queue.wait, id, 'RANK', rank, 'MAXLEN', lookMax) ~= false
end

-- Others count on it, or it was started before: then it may be in another list, too.
local function mayLeaveTombstone(processedOn, attemptsMade, parentKey, dedupeKey)
  if processedOn or attemptsMade or parentKey or dedupeKey then return false end
  if redis.call('EXISTS', queue.pausedList, jobKey .. ':lock', childrenKeysOf(jobKey)) > 0 then return false end
  if redis.call('ZSCORE', queue.delayed, id) or redis.call('ZSCORE', queue.prioritized, id) then return false end
  if redis.call('ZSCORE', prefix .. 'sluice:crash-suspects', id) then return false end
  local others = tonumber(redis.call('HGET', queue.meta, 'sluice.tombstones') or 0)
  return others * 2 < redis.call('LLEN', queue.wait)
end

-- Has BullMQ's script find the job at once: what is far from both ends gets a second place, at the front. Returns whether the first
-- one becomes a tombstone.
local function bringToFront(...)
  if isNear(1) then return false end
  local isOld = isNear(-1)
  local leavesTombstone = not isOld and mayLeaveTombstone(...)
  if isOld then redis.call('LREM', queue.wait, -1, id) end
  if leavesTombstone and redis.call('HEXISTS', queue.meta, 'sluice.tombstones') == 0 then tombstones.forget() end
  if isOld or leavesTombstone then redis.call('LPUSH', queue.wait, id) end
  return leavesTombstone
end

if ordered ~= '' and redis.call('EXISTS', prefix .. 'sluice:cancelled:' .. ordered) == 1 then return { 'aborted' } end
local name, finishedOn, processedOn, timestamp, takenBy, deliveries, code, attemptsMade, parentKey, dedupeKey, scheduler =
  unpack(redis.call('HMGET', jobKey, 'name', 'finishedOn', 'processedOn', 'timestamp', 'sluice.by', 'ats', 'sluice.code', 'atm',
    'parentKey', 'deid', 'rjk'))
if not name or (seen ~= '' and timestamp ~= seen) then return { seen == '' and 'unknown' or 'gone' } end
if finishedOn then
  return { ordered ~= '' and code == 'SLUICE_JOB_CANCELLED' and 'aborted' or 'ended' }
end
if redis.call('ZSCORE', queue.waitingChildren, id) then return { 'refused' } end
if isActive(processedOn) then
  local delivery, pool, fence = string.match(takenBy or '', '^(%d+):([^:]+):(%d+)$')
  if delivery ~= deliveries then return { 'running', timestamp } end
  local orders = prefix .. 'sluice:orders:' .. pool
  if orderMs ~= '0' then
    redis.call('HSET', orders, fence, cjson.encode({ cancel = id, job = name, reason = reason }))
    if redis.call('PTTL', orders) < tonumber(orderMs) then redis.call('PEXPIRE', orders, orderMs) end
  end
  return { 'running', timestamp, fence, orders }
end
-- BullMQ does not let a scheduler's next iteration be removed alone: the scheduler would end for good.
local leavesTombstone = not scheduler and bringToFront(processedOn, attemptsMade, parentKey, dedupeKey)
if bullmq.removeJob({ jobKey, schedulers }, { id, '0', prefix }) ~= 1 then return { 'refused' } end
if leavesTombstone then tombstones.add(id) end
wakeWaiters(queue, wakePrefix, configured)
return { 'removed' }
