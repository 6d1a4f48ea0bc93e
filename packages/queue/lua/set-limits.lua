--- @include "write-limits"

--[[
  set-limits: sets the limits of a queue or of one of its contracts for the whole fleet, and wakes a worker. Those of the queue
  are BullMQ's own, which its workers obey too; those of a contract are ours, see job-limits.lua.

  KEYS      meta, active, marker
  ARGV[1]   what a job's key starts with
  ARGV[2]   the contract, empty for the queue
  ARGV[3]   how many may run at once; 0 for no limit, empty to leave it
  ARGV[4…5] how many may start, and in how many ms; 0 for no limit, empty to leave it
  ARGV[6]   1: the contract is paused, 0: it is not; empty to leave it
  ARGV[7]   the most contracts that may have limits
  Returns   1; 0 when that many have

  Count: 0
]]
local meta, active, marker = unpack(KEYS)
local prefix, name, running, jobs, perMs, paused, contractsMax = unpack(ARGV)
local answer = 1

if name == '' then
  writeQueueLimits(meta, running, jobs, perMs)
else
  local queue = { prefix = prefix, meta = meta, active = active }
  answer = writeContractLimits(queue, name, running, jobs, perMs, paused, contractsMax) and 1 or 0
end
wakeForLimits(meta, marker)
return answer
