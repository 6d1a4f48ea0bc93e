--- @include "shared-process"

--[[
  note-shared-process: other jobs run in the process of a job that had it to itself until now.

  KEYS     meta, which only says where the queue is
  ARGV     what a job's key starts with; "<number of the delivery> <id>"
  Returns  1

  Count: 0
]]
local prefix, alone = unpack(ARGV)
noteSharedProcess(prefix, alone)
return 1
