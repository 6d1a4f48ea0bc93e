--- @include "forget-removed-id"
--- @include "waiter-queue"

--[[
  cancel-job: removes a job that waits, unless it runs or has ended. The look and BullMQ's own removeJob (with
  forget-removed-id.lua) are one atomic run: between two, a worker could take the job, end it, and see its result removed.

  An id that stands in no sorted set is in `wait` or in `active`; only a job that was started before can be in the latter.
  The lock does not tell: a job whose lease ran out is in `active` until the sweep gives it back. Taking a job out of
  `wait` walks that list from its newest job on: 24 ms for the oldest of a million.

  KEYS[1]  job
  KEYS[2]  repeat
  KEYS[3]  waiting-children
  KEYS[4]  delayed
  KEYS[5]  prioritized
  KEYS[6]  active
  KEYS[7…] what roomBehindLine needs
  ARGV[1]  job id
  ARGV[2]  key prefix of the queue, ending in a colon
  ARGV[3]  prefix of the lists at which producers listen
  ARGV[4]  the configured capacity
  Answer: 'cancelled', 'active' (it runs, or waits for its children), 'ended' or 'unknown' (not kept, or never put)
]]
local jobKey, id = KEYS[1], ARGV[1]

local function isActive(startedAt)
  if redis.call('ZSCORE', KEYS[3], id) then return true end
  if not startedAt or redis.call('ZSCORE', KEYS[4], id) or redis.call('ZSCORE', KEYS[5], id) then return false end
  return redis.call('LPOS', KEYS[6], id) ~= false
end

local known = redis.call('HMGET', jobKey, 'name', 'finishedOn', 'processedOn')
if not known[1] then return 'unknown' end
if known[2] then return 'ended' end
if isActive(known[3]) then return 'active' end
-- BullMQ lets nobody remove a scheduler's next iteration alone: the scheduler would end for good.
if bullmq.removeJob({ jobKey, KEYS[2] }, { id, '0', ARGV[2] }) ~= 1 then return 'active' end

local _, depth, capacity = roomBehindLine(KEYS, ARGV[4])
wakeLine(KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[3], capacity - depth, math.floor(nowMicros() / 1000))
return 'cancelled'
