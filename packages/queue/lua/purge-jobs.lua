--- @include "bullmq/removeJob-2"

--[[
  purge-jobs: removes dead letters by BullMQ's own removeJob, each only if it is dead at this moment. Their ids stay known for their
  time, as when retention removes a job.

  KEYS     failed, repeat
  ARGV     what a job's key starts with, then at most 100 ids
  Returns  a result for each id: 'purged', or 'gone' (not dead, or not kept)

  Count: 0
]]
local failed, schedulers = unpack(KEYS)
local prefix = ARGV[1]
local results = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local isDead = redis.call('ZSCORE', failed, id)
  local isPurged = isDead and bullmq.removeJob({ prefix .. id, schedulers }, { id, '0', prefix }) == 1
  results[#results + 1] = isPurged and 'purged' or 'gone'
end
return results
