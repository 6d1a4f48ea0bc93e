--- @include "clock"

--[[
  read-pools: the pools of a queue that live, and the jobs that run.

  KEYS     sluice:pools, active
  ARGV     what a job's key starts with; what the key of a pool's description starts with; how many pools, and how many running jobs,
           to look at
  Returns  { how many pools live, { pool, its description or '' … }, how many jobs run, { id, name, "sluice.by" or '',
           ats or '', "pb" or '', processedOn or '' … } }

  Count: 0, reads
]]
local pools, active = unpack(KEYS)
local prefix, descriptionPrefix, poolsMax, jobsMax = unpack(ARGV)

local now = string.format('%.0f', nowMs())
local living = redis.call('ZRANGEBYSCORE', pools, now, '+inf', 'LIMIT', 0, tonumber(poolsMax))
local described = {}
for _, pool in ipairs(living) do
  described[#described + 1] = pool
  described[#described + 1] = redis.call('GET', descriptionPrefix .. pool) or ''
end

local running = {}
for _, id in ipairs(redis.call('LRANGE', active, 0, tonumber(jobsMax) - 1)) do
  running[#running + 1] = id
  local fields = redis.call('HMGET', prefix .. id, 'name', 'sluice.by', 'ats', 'pb', 'processedOn')
  for at = 1, 5 do running[#running + 1] = fields[at] or '' end
end
return { redis.call('ZCOUNT', pools, now, '+inf'), described, redis.call('LLEN', active), running }
