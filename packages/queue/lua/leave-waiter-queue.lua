--- @include "waiter-queue"

--[[
  leave-waiter-queue: gives up a place in the line, and wakes those who have capacity coming by it, or the new head.

  KEYS     what roomBehindLine needs
  ARGV[1]  ticket
  ARGV[2]  prefix of the lists at which producers listen
  ARGV[3]  the configured capacity
]]
local line, tickets, wakePrefix = KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[2]
local nowMs = math.floor(nowMicros() / 1000)
local _, ahead = roomInLine(line, tickets, 0, ARGV[1], nowMs)
leaveLine(line, tickets, { ARGV[1] })
local _, depth, capacity = roomBehindLine(KEYS, ARGV[3])
wakeLine(line, tickets, wakePrefix, capacity - depth, nowMs)
if capacity - depth < 1 and ahead == 0 then wakeNext(line, tickets, wakePrefix, 0, nil, nowMs) end
return 1
