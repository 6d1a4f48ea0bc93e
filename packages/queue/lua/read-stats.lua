--- @include "clock"
--- @include "capacity-origin"
--- @include "count-unfinished"
--- @include "scores"
--- @include "waiter-queue"

--[[
  read-stats: what a queue holds and how it moves, at one instant. Nothing in it grows with the queue's length: lengths,
  heads, and ranges of sorted sets that are counted, not read.

  KEYS     wait, paused, prioritized, delayed, active, waiting-children, completed, failed, meta; sluice:waiters, sluice:tickets,
           sluice:pools, sluice:unserved
  ARGV     what a job's key starts with; how far back completed and failed jobs are counted, in ms each; the configured capacity
  Returns  { eight counts, capacity or 0 for none, sealed or false, age of the oldest or -1,
             completed in that time, ms since the oldest kept one completed or -1, the same two of failed,
             dropped or false,
             whose the capacity is, since when or false, level and id of the definition or false,
             paused or false, producers that wait, puts that they wait with, pools, jobs put aside,
             policy of events or false }

  Count: 0, reads
]]
local wait, pausedList, prioritized, delayed, active, waitingChildren, completed, failed, meta, waiters, tickets, pools,
  unserved = unpack(KEYS)
local prefix, completedWindowMs, failedWindowMs, configured = unpack(ARGV)
local now, tombstones = nowMs(), redis.call('HGET', meta, 'sluice.tombstones')
local TICKETS_READ_MAX = 1024
local TOMBSTONES_PASSED = 100 -- in search of the oldest job

-- Since when a job waits: since it was put, or since its delay was over, or at most since its last attempt started.
local function waitsSince(id)
  if not id then return nil end
  local timestamp, json, processedOn = unpack(redis.call('HMGET', prefix .. id, 'timestamp', 'opts', 'processedOn'))
  if not timestamp then return nil end
  if processedOn then return tonumber(processedOn) end
  local isJson, opts = pcall(cjson.decode, json or '')
  return tonumber(timestamp) + (isJson and type(opts) == 'table' and tonumber(opts.delay) or 0)
end

-- The next of the most urgent jobs, and the next of the least urgent ones, which wait longest when others keep coming.
local function prioritizedHeads()
  local last = redis.call('ZRANGE', prioritized, -1, -1, 'WITHSCORES')
  if not last[1] then return nil, nil end
  local least = string.format('%.0f', priorityOf(last[2]) * PRIORITY_UNIT)
  local first = redis.call('ZRANGEBYSCORE', prioritized, least, '+inf', 'LIMIT', 0, 1)
  return redis.call('ZRANGE', prioritized, 0, 0)[1], first[1]
end

local function dueSince()
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  return first[2] and dueMsOf(first[2])
end

local function oldestAge()
  local mostUrgent, leastUrgent = prioritizedHeads()
  local age = -1
  local function consider(id)
    local since = waitsSince(id)
    if since then age = math.max(age, now - since, 0) end
    return since
  end
  local ids = redis.call('LRANGE', wait, tombstones and -TOMBSTONES_PASSED or -1, -1)
  for i = #ids, 1, -1 do
    if consider(ids[i]) then break end
  end
  consider(redis.call('LINDEX', pausedList, -1))
  consider(mostUrgent)
  consider(leastUrgent)
  local due = dueSince()
  if due and due <= now then age = math.max(age, now - due) end
  return age
end

local function ended(key, windowMs)
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  local counted = redis.call('ZCOUNT', key, '(' .. string.format('%.0f', now - tonumber(windowMs)), '+inf')
  return counted, oldest[2] and math.max(0, now - tonumber(oldest[2])) or -1
end

-- Who waits for capacity, as far as the first tickets say.
local function countWaiters()
  local producers, puts, seen = 0, 0, {}
  for from = 0, TICKETS_READ_MAX - 1, TICKETS_WALKED_MAX do
    local _, sawEnd = walkWaiters({ waiters = waiters, tickets = tickets }, from, nil, function(ticket, wanted)
      local producer = producerOf(ticket)
      if not seen[producer] then producers = producers + 1 end
      seen[producer] = true
      puts = puts + wanted
      return false
    end)
    if sawEnd then break end
  end
  return producers, puts
end

local answer = {
  countWaiting({ wait = wait, meta = meta, tombstones = tombstones }), redis.call('LLEN', pausedList), redis.call('ZCARD', prioritized), redis.call('ZCARD', delayed),
  redis.call('LLEN', active), redis.call('ZCARD', waitingChildren), redis.call('ZCARD', completed),
  redis.call('ZCARD', failed),
}
answer[9] = string.format('%.0f', capacityOf(meta, configured) or 0)
answer[10] = redis.call('HGET', meta, 'sluice.sealed')
answer[11] = oldestAge()
answer[12], answer[13] = ended(completed, completedWindowMs)
answer[14], answer[15] = ended(failed, failedWindowMs)
answer[16] = redis.call('HGET', meta, 'sluice.dropped')
local whose, since, definition = originOf(meta)
answer[17], answer[18] = whose, since or false
answer[19], answer[20] = definition and definition.level or false, definition and definition.id or false
answer[21] = redis.call('HGET', meta, 'paused')
answer[22], answer[23] = countWaiters()
answer[24] = redis.call('ZCOUNT', pools, string.format('%.0f', now), '+inf')
answer[25] = redis.call('ZCOUNT', unserved, string.format('(%.0f', now), '+inf')
answer[26] = redis.call('HGET', meta, 'sluice.events')
return answer
