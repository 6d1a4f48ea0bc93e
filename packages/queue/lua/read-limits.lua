--[[
  read-limits: the limits of a queue and of its contracts, and how far each of them is used.

  KEYS     meta, active, delayed
  ARGV     what a job's key starts with
  Returns  { concurrency, max and duration as BullMQ stores them; jobs in active; jobs that limits hold back;
             for each contract with a limit or with parked jobs: name, "<running> <jobs> <perMs> <paused>" or false, jobs that run or
             may run (only of those with a limit of them), jobs that are held back }

  Count: 0, reads
]]
local meta, active, delayed = unpack(KEYS)
local prefix = unpack(ARGV)
local concurrency, max, duration = unpack(redis.call('HMGET', meta, 'concurrency', 'max', 'duration'))
local answer = {
  concurrency, max, duration, redis.call('LLEN', active), redis.call('ZCOUNT', delayed, '9007199254740992', '9007199254740992'),
}

local function add(name, stored)
  local at = #answer
  answer[at + 1], answer[at + 2] = name, stored
  answer[at + 3] = redis.call('SCARD', prefix .. 'sluice:running:' .. name)
  answer[at + 4] = redis.call('ZCARD', prefix .. 'sluice:parked:' .. name)
end

local stored, seen = redis.call('HGETALL', prefix .. 'sluice:limits'), {}
for i = 1, #stored, 2 do
  seen[stored[i]] = true
  add(stored[i], stored[i + 1])
end
for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'sluice:parked')) do
  if not seen[name] then add(name, false) end
end
return answer
