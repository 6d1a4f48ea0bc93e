--- @include "capacity-keys"
--- @include "wake-waiters"

--[[
  set-capacity: sets an operator's number for the whole fleet or, with an empty one, the newest definition's again; then wakes
  those who can have capacity by it. Runs on a full Redis: that is when an operator lowers a capacity.

  KEYS     those of capacityKeys
  ARGV     capacity, or empty; the prefix of the streams by which producers are woken; the configured capacity
  Returns  1

  Count: 0. A capacity below it evicts nobody
]]
local queue = capacityKeys(1)
local capacity, wakePrefix, configured = unpack(ARGV)

local function clearCapacity()
  local owner = ownerOf(readDefinitions(queue.meta))
  if owner then
    writeCapacity(queue.meta, owner.capacity, 'definition')
  else
    redis.call('HDEL', queue.meta, CAPACITY, CAPACITY_BY)
  end
end

if capacity ~= '' then writeCapacity(queue.meta, tonumber(capacity), 'set') else clearCapacity() end
wakeWaiters(queue, wakePrefix, configured)
return 1
