--- @include "bullmq/moveToFinished-14"
--- @include "known-ids"

--[[
  Has BullMQ's moveToFinished also remember the id of the job that it ends. See known-ids.lua.

  KEYS[12]  job
  ARGV[1]   id
  ARGV[5]   'completed' or 'failed'
  ARGV[7]   what a job's key starts with
  Answer: the original's
]]
local moveToFinished = bullmq.moveToFinished
function bullmq.moveToFinished(KEYS, ARGV)
  -- Read before, for it may remove the job. BullMQ's own ids are numbers, and nobody gave them.
  local opts = not string.match(ARGV[1], '^%d+$') and redis.call('HGET', KEYS[12], 'opts')
  local answer = moveToFinished(KEYS, ARGV)
  local isDone = type(answer) ~= 'number' or answer >= 0
  if isDone and opts then rememberEnded(ARGV[7], ARGV[1], opts, ARGV[5] == 'failed') end
  return answer
end
