--- @include "capacity"

--[[
  read-stats: what a queue holds and how it moves, at one instant. Nothing in it grows with the queue's length: lengths,
  heads, and ranges of sorted sets that are counted, not read.

  KEYS[1…8]  wait, paused, prioritized, delayed, active, waiting-children, completed, failed
  KEYS[9]    meta
  ARGV[1]    key prefix of the queue, ending in a colon
  ARGV[2,3]  how far back completed and failed jobs are counted, in ms
  ARGV[4]    the configured capacity
  Answer: { eight counts, capacity, sealed or false, age of the oldest or -1,
            completed in that time, ms since the oldest kept one completed or -1, the same two of failed,
            dropped or false,
            whose the capacity is, since when or false, level and id of the definition or false }
]]
local base = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local PRIORITY = 0x100000000 -- BullMQ's scores of prioritized jobs: priority * this + a counter
local MILLISECOND = 0x1000 -- and of delayed ones: due time * this + a counter

-- Since when a job waits: since it was put, or since its delay was over, or at most since its last attempt started.
local function waitsSince(id)
  if not id then return nil end
  local job = redis.call('HMGET', base .. id, 'timestamp', 'opts', 'processedOn')
  if not job[1] then return nil end
  if job[3] then return tonumber(job[3]) end
  local decoded, opts = pcall(cjson.decode, job[2] or '')
  return tonumber(job[1]) + (decoded and type(opts) == 'table' and tonumber(opts.delay) or 0)
end

-- The next of the most urgent jobs, and the next of the least urgent ones, who wait longest when others keep coming.
local function prioritizedHeads()
  local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
  if not last[1] then return nil, nil end
  local least = math.floor(tonumber(last[2]) / PRIORITY) * PRIORITY
  local first = redis.call('ZRANGEBYSCORE', KEYS[3], string.format('%.0f', least), '+inf', 'LIMIT', 0, 1)
  return redis.call('ZRANGE', KEYS[3], 0, 0)[1], first[1]
end

local function dueSince()
  local first = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  return first[2] and math.floor(tonumber(first[2]) / MILLISECOND)
end

local function oldestAge()
  local urgent, least = prioritizedHeads()
  local age = -1
  for _, key in ipairs({ KEYS[1], KEYS[2] }) do
    local since = waitsSince(redis.call('LINDEX', key, -1))
    if since then age = math.max(age, now - since, 0) end
  end
  for _, id in ipairs({ urgent, least }) do
    local since = waitsSince(id)
    if since then age = math.max(age, now - since, 0) end
  end
  local due = dueSince()
  if due and due <= now then age = math.max(age, now - due) end
  return age
end

local function ends(key, windowMs)
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  local counted = redis.call('ZCOUNT', key, '(' .. string.format('%.0f', now - tonumber(windowMs)), '+inf')
  return counted, oldest[2] and math.max(0, now - tonumber(oldest[2])) or -1
end

local answer = {
  redis.call('LLEN', KEYS[1]), redis.call('LLEN', KEYS[2]), redis.call('ZCARD', KEYS[3]), redis.call('ZCARD', KEYS[4]),
  redis.call('LLEN', KEYS[5]), redis.call('ZCARD', KEYS[6]), redis.call('ZCARD', KEYS[7]), redis.call('ZCARD', KEYS[8]),
}
answer[9] = string.format('%.0f', capacityOf(KEYS[9], ARGV[4]))
answer[10] = redis.call('HGET', KEYS[9], 'sluice.sealed')
answer[11] = oldestAge()
answer[12], answer[13] = ends(KEYS[7], ARGV[2])
answer[14], answer[15] = ends(KEYS[8], ARGV[3])
answer[16] = redis.call('HGET', KEYS[9], 'sluice.dropped')
local whose, since, definition = originOf(KEYS[9])
answer[17], answer[18] = whose, since or false
answer[19], answer[20] = definition and definition.level or false, definition and definition.id or false
return answer
