-- BullMQ's sorted sets of waiting jobs hold two numbers in one score: what the job is ordered by, and a counter that keeps
-- jobs of equal rank in their order.
local PRIORITY_UNIT = 0x100000000 -- prioritized: priority * this + counter
local DUE_UNIT = 0x1000 -- delayed: due time in ms * this + counter

local function priorityOf(score)
  return math.floor(tonumber(score) / PRIORITY_UNIT)
end

local function dueMsOf(score)
  return math.floor(tonumber(score) / DUE_UNIT)
end
