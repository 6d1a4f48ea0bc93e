--[[
  leave-line: gives up a place in the line, and tells those who have room coming by it.

  KEYS     what roomBehindLine needs
  ARGV[1]  ticket
  ARGV[2]  prefix of the lists at which producers listen
  ARGV[3]  the configured capacity
]]
leaveLine(KEYS[#KEYS - 1], KEYS[#KEYS], { ARGV[1] })
local _, depth, capacity = roomBehindLine(KEYS, ARGV[3])
wakeLine(KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[2], capacity - depth, math.floor(nowMicros() / 1000))
return 1
