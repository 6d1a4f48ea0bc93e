--- @include "schedule-keys"
--- @include "capacity"
--- @include "clock"
--- @include "wake-waiters" when wakeWaiters is called

--[[
  change-schedule: pauses, resumes or removes a schedule.

  KEYS     repeat, id, events, marker; then those of capacityKeys
  ARGV[1]  what a job's key starts with
  ARGV[2]  name of the schedule
  ARGV[3]  'pause', 'resume' or 'remove'
  ARGV[4]  id of the definition that no longer has the schedule; empty: an operator does it
  ARGV[5]  the prefix of the streams by which producers are woken
  ARGV[6]  the configured capacity
  Returns  1, or 0: there is no such schedule, or it is not this definition's

  Count: −1 when one is removed: its iteration to come
]]
local prefix, schedule, action, definition, wakePrefix, configured = unpack(ARGV)
local queue = scheduleKeys(1, prefix)
local key = queue['repeat'] .. ':' .. schedule
local dueMs = digitsOf(redis.call('ZSCORE', queue['repeat'], schedule))
if not dueMs then return 0 end
if definition ~= '' then
  local owner = ownerOf(readDefinitions(queue.meta))
  if owner and owner.id ~= definition or redis.call('HGET', key, 'sluice.by') ~= 'definition' then return 0 end
end
if action == 'pause' then
  redis.call('HSETNX', key, 'sluice.paused', string.format('%.0f', nowMs()))
elseif action == 'resume' then
  redis.call('HDEL', key, 'sluice.paused')
else
  removePending(queue, schedule, dueMs)
  redis.call('ZREM', queue['repeat'], schedule)
  redis.call('DEL', key)
  if redis.call('EXISTS', queue.waiters) == 1 then wakeWaiters(queue, wakePrefix, configured) end
end
return 1
