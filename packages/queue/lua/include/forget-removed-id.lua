--- @include "bullmq/removeJob-2"
--- @include "known-ids"

--[[
  Has BullMQ's removeJob also forget the id: nothing remains of a job that somebody removed.

  ARGV[1]  id
  ARGV[3]  what a job's key starts with
  Answer: the original's
]]
local removeJob = bullmq.removeJob
function bullmq.removeJob(KEYS, ARGV)
  local answer = removeJob(KEYS, ARGV)
  if answer == 1 then forgetId(ARGV[3], ARGV[1]) end
  return answer
end
