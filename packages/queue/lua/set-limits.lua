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
local limits = prefix .. 'sluice:limits'

local function setField(field, value)
  if value == '' then return end
  if value == '0' then redis.call('HDEL', meta, field) else redis.call('HSET', meta, field, value) end
end

local function setOfQueue()
  setField('concurrency', running)
  setField('max', jobs)
  setField('duration', perMs)
end

local function otherwise(value, known) return value ~= '' and value or known or '0' end

-- Those that run already count from now on.
local function seedRunning()
  local key = prefix .. 'sluice:running:' .. name
  redis.call('DEL', key)
  for _, id in ipairs(redis.call('LRANGE', active, 0, -1)) do
    if redis.pcall('HGET', prefix .. id, 'name') == name then redis.call('SADD', key, id) end
  end
end

local function setOfContract()
  local known = { string.match(redis.call('HGET', limits, name) or '', '^(%d+) (%d+) (%d+) (%d)$') }
  if not known[1] and redis.call('HLEN', limits) >= tonumber(contractsMax) then return 0 end
  local now = {
    otherwise(running, known[1]), otherwise(jobs, known[2]), otherwise(perMs, known[3]), otherwise(paused, known[4]),
  }
  if now[1] == '0' then redis.call('DEL', prefix .. 'sluice:running:' .. name) end
  if now[1] ~= '0' and (known[1] or '0') == '0' then seedRunning() end
  if now[2] == '0' or now[2] .. now[3] ~= (known[2] or '') .. (known[3] or '') then
    redis.call('DEL', prefix .. 'sluice:starts:' .. name)
  end
  local stored = table.concat(now, ' ')
  if stored == '0 0 0 0' then redis.call('HDEL', limits, name) else redis.call('HSET', limits, name, stored) end
  if redis.call('EXISTS', limits, prefix .. 'sluice:parked') == 0 then
    redis.call('HDEL', meta, 'sluice.limits')
  else
    redis.call('HSETNX', meta, 'sluice.limits', 0)
  end
  return 1
end

local answer = 1
if name == '' then setOfQueue() else answer = setOfContract() end
if redis.call('HEXISTS', meta, 'paused') == 0 then redis.call('ZADD', marker, 0, '0') end
return answer
