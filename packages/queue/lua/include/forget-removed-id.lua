--- @include "bullmq/removeJob-2"
--- @include "known-ids"

-- Has BullMQ's removeJob also forget the id, which is new again once somebody has removed its job. It answers what it would.
local removeJob = bullmq.removeJob
function bullmq.removeJob(KEYS, ARGV)
  local id, _, prefix = unpack(ARGV)
  local answer = removeJob(KEYS, ARGV)
  if answer == 1 then redis.call('HDEL', bucketOf(prefix, id), id) end
  return answer
end
