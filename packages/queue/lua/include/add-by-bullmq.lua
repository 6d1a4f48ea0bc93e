--- @include "bullmq/addStandardJob-9"
--- @include "bullmq/addDelayedJob-6"
--- @include "bullmq/addPrioritizedJob-9"
--- @include "bullmq/addParentJob-6"

-- Adds a job of admit-jobs by BullMQ's own script, and returns what that answers.
local function addByBullmq(queue, job)
  local keys, at = {}, job.argument
  for position, index in ipairs(job.keys) do keys[position] = KEYS[queue.firstKey + index] end
  return bullmq[job.script](keys, { ARGV[at], ARGV[at + 1], ARGV[at + 2] })
end
