--- @include "forget-removed-id"
--- @include "capacity-keys"
--- @include "wake-waiters"

--[[
  cancel-job: removes a job that waits, unless it runs or has ended. The check and BullMQ's own removeJob (with
  forget-removed-id.lua) are one atomic call: between two, a worker could take the job, end it, and see its result removed.

  An id that is in no sorted set is in `wait` or in `active`; only a job that was started before can be in the latter. The lock
  does not tell: a job whose lease ran out is in `active` until the sweep gives it back. Removing a job from `wait` walks that
  list from its newest job on: 24 ms for the oldest of a million.

  KEYS     job, repeat, then those of capacityKeys
  ARGV     job id; what a job's key starts with; the prefix of the streams by which producers are woken; the configured
           capacity
  Returns  'cancelled', 'active' (it runs, or waits for its children), 'ended' or 'unknown' (not kept, or never put)

  Count: −1 when it is cancelled
]]
local jobKey, schedulers = unpack(KEYS)
local queue = capacityKeys(3)
local id, prefix, wakePrefix, configured = unpack(ARGV)

local function isActive(processedOn)
  if redis.call('ZSCORE', queue.waitingChildren, id) then return true end
  if not processedOn or redis.call('ZSCORE', queue.delayed, id) or redis.call('ZSCORE', queue.prioritized, id) then
    return false
  end
  return redis.call('LPOS', queue.active, id) ~= false
end

local name, finishedOn, processedOn = unpack(redis.call('HMGET', jobKey, 'name', 'finishedOn', 'processedOn'))
if not name then return 'unknown' end
if finishedOn then return 'ended' end
if isActive(processedOn) then return 'active' end
-- BullMQ does not let a scheduler's next iteration be removed alone: the scheduler would end for good.
if bullmq.removeJob({ jobKey, schedulers }, { id, '0', prefix }) ~= 1 then return 'active' end
wakeWaiters(queue, wakePrefix, configured)
return 'cancelled'
