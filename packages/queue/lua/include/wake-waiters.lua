--- @include "count-unfinished"
--- @include "capacity"
--- @include "wake-producers"

-- For scripts that may have freed capacity: wakes the producers of the tickets that can have some of it. Returns how much is
-- free.
--
-- queue  { waiters, tickets, meta } and what countUnfinished reads
local function wakeWaiters(queue, wakePrefix, configured)
  local depth, capacity = countUnfinished(queue), capacityOf(queue.meta, configured)
  local free = (capacity or 0) - depth
  local left = free
  if left < 1 then return free end
  walkWaiters(queue, 0, nil, function(ticket, wanted)
    wakeProducer(wakePrefix .. producerOf(ticket))
    left = left - wanted
    return left < 1
  end)
  return free
end
