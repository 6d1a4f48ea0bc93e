--- @include "bullmq/moveToFinished-14"
--- @include "known-ids"

-- Has BullMQ's moveToFinished also remember the id of the job that it ends; see known-ids.lua. It answers what it would.
local moveToFinished = bullmq.moveToFinished
function bullmq.moveToFinished(KEYS, ARGV)
  local jobKey = KEYS[12]
  local id, _, _, _, state, _, prefix = unpack(ARGV)
  -- Read before, for it may remove the job. BullMQ's own ids are numbers, and no caller gave them.
  local opts = not string.match(id, '^%d+$') and redis.call('HGET', jobKey, 'opts')
  local answer = moveToFinished(KEYS, ARGV)
  local isDone = type(answer) ~= 'number' or answer >= 0
  if isDone and opts then rememberEnded(prefix, id, opts, state == 'failed') end
  return answer
end
