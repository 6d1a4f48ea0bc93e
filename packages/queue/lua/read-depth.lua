--- @include "count-unfinished"
--- @include "capacity"

--[[
  read-depth: how many jobs are unfinished, and how many may be.

  KEYS     wait, active, prioritized, delayed, waiting-children, paused, meta
  ARGV     the configured capacity
  Returns  { depth, capacity or 0 }

  Count: 0, reads
]]
local wait, active, prioritized, delayed, waitingChildren, pausedList, meta = unpack(KEYS)
local configured = unpack(ARGV)

local depth = countUnfinished({
  wait = wait, active = active, prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren,
  pausedList = pausedList, meta = meta,
})
return { depth, capacityOf(meta, configured) or 0 }
