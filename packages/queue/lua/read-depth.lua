--- @include "count-unfinished"
--- @include "capacity"

--[[
  read-depth: how many jobs are unfinished, and how many may be.

  KEYS[1…6]  those of countUnfinished
  KEYS[7]    meta
  ARGV[1]    the configured capacity
  Answer: { depth, capacity or 0 }
]]
return { countUnfinished(KEYS), capacityOf(KEYS[7], ARGV[1]) or 0 }
