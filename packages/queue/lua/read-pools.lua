--- @include "clock"

--[[
  read-pools: the pools of a queue that live, and the jobs that run.

  KEYS     sluice:pools, active
  ARGV     what a job's key starts with; what the key of a pool's description starts with; how many pools, and how many running jobs,
           to look at
  Returns  { how many pools live, { pool, its description or '' … }, how many jobs run, { id, name, "sluice.by" or '',
           ats or '', "pb" or '', processedOn or '', the deadline of its put in ms or '' … } }

  Count: 0, reads
]]
local pools, active = unpack(KEYS)
local prefix, descriptionPrefix, poolsMax, jobsMax = unpack(ARGV)

-- Only what may have one is parsed.
local function deadlineIn(options)
  if not options or not string.find(options, '"t":', 1, true) then return '' end
  local isJson, parsed = pcall(cjson.decode, options)
  local stamp = isJson and type(parsed) == 'table' and parsed.sluice
  return type(stamp) == 'table' and type(stamp.t) == 'number' and string.format('%.0f', stamp.t) or ''
end

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
  local fields = redis.call('HMGET', prefix .. id, 'name', 'sluice.by', 'ats', 'pb', 'processedOn', 'opts')
  for at = 1, 5 do running[#running + 1] = fields[at] or '' end
  running[#running + 1] = deadlineIn(fields[6])
end
return { redis.call('ZCOUNT', pools, now, '+inf'), described, redis.call('LLEN', active), running }
