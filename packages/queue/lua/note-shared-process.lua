--- @include "fence"

--[[
  note-shared-process: other jobs run in the process of a job that was alone there until now.

  ARGV[1]  what a job's key starts with
  ARGV[2]  "<number of the delivery> <id>"
]]
noteCompany(ARGV[1], ARGV[2])
return 1
