--- @include "count-unfinished"
--- @include "capacity"
--- @include "waiter-queue"

-- For BullMQ's scripts that make a job unfinished: how much capacity is free that nobody waits for, the depth and the
-- capacity, 0 for none.
--
-- queue  { waiters, tickets, meta } and what countUnfinished reads
local function freeCapacity(queue, configured)
  local depth, capacity = countUnfinished(queue), capacityOf(queue.meta, configured)
  if not capacity then return math.huge, depth, 0 end
  local free = capacity - depth
  local _, ahead = freeCapacityFor(queue, free, nil)
  return ahead > 0 and 0 or free, depth, capacity
end
