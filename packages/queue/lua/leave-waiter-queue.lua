--- @include "capacity-keys"
--- @include "wake-waiters"

--[[
  leave-waiter-queue: removes a ticket from the waiter queue, and wakes those who can have capacity now, or the new head.

  KEYS     those of capacityKeys
  ARGV     ticket; the prefix of the streams by which producers are woken; the configured capacity
  Returns  1

  Count: 0
]]
local queue = capacityKeys(1)
local ticket, wakePrefix, configured = unpack(ARGV)

local _, ahead = freeCapacityFor(queue, 0, ticket)
removeTickets(queue, { ticket })
local free = wakeWaiters(queue, wakePrefix, configured)
if free < 1 and ahead == 0 then wakeFirstFrom(queue, wakePrefix, 0, nil) end
return 1
