--[[
  remove-job: has BullMQ's removeJob (`original`) also forget the id: nothing remains of a job that somebody removed.

  ARGV[1]  id
  ARGV[3]  what a job's key starts with
  Answer: the original's
]]
local removeJob = original
function original(KEYS, ARGV)
  local answer = removeJob(KEYS, ARGV)
  if answer == 1 then forgetId(ARGV[3], ARGV[1]) end
  return answer
end
