--- @include "clock"

--[[
  Crash suspects: jobs that ran in a process when it died, so that one of them may have killed it (docs/adr/0012). They
  wait as any other job does, at the head of `wait`, but our pools take them by groups, each alone in a process.

    sluice:crash-suspects       sorted set: id → number of its group; the lowest is next
    meta sluice.crashSuspects   when a busy pool may be asked to free a process for them, in ms of Redis's clock; absent: there
                                are none
]]
local ASK_EVERY_MS = 30000 -- at most one busy pool in this time is asked to free its process
local WALK_STEP = 1000

local function asSet(ids)
  local set = {}
  for _, id in ipairs(ids) do set[id] = true end
  return set
end

-- The members of the next group, at most `most`.
local function nextGroup(key, most)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if not first[1] then return {} end
  return redis.call('ZRANGEBYSCORE', key, first[2], first[2], 'LIMIT', 0, most)
end

-- Walks `wait` from the end at which jobs are taken. Returns up to `most` ids that are wanted, and how deep each of them lies.
local function walkWait(wait, most, deepest, isWanted)
  local ids, depths, from = {}, {}, 0
  while #ids < most and from < deepest do
    local chunk = redis.call('LRANGE', wait, -from - WALK_STEP, -from - 1)
    for i = #chunk, 1, -1 do
      if #ids < most and isWanted(chunk[i]) then
        ids[#ids + 1], depths[#ids + 1] = chunk[i], from + #chunk - i + 1
      end
    end
    if #chunk < WALK_STEP then break end
    from = from + WALK_STEP
  end
  return ids, depths
end

-- The next jobs that may share a process: no suspects.
local function nextOthers(suspects, wait, most)
  local key = suspects.key
  local isSuspect = asSet(redis.call('ZRANGE', key, 0, -1))
  return walkWait(wait, most, redis.call('ZCARD', key) + most + WALK_STEP, function(id) return not isSuspect[id] end)
end

-- Those of the next group that still wait. The others (removed, or taken by a worker of BullMQ's) are no suspects any more.
local function nextSuspects(suspects, wait, most)
  local key = suspects.key
  local members = nextGroup(key, most)
  local isMember = asSet(members)
  local ids, depths =
    walkWait(wait, #members, redis.call('ZCARD', key) + 10 * WALK_STEP, function(id) return isMember[id] end)
  if #ids < #members then
    local waits = asSet(ids)
    for _, id in ipairs(members) do
      if not waits[id] then redis.call('ZREM', key, id) end
    end
  end
  return ids, depths
end

-- Takes these off `wait`; none of them lies deeper than `depth`. The others keep their order.
local function takeOff(_, wait, ids, depth)
  local taken, kept = asSet(ids), {}
  local popped = redis.call('RPOP', wait, depth)
  for i = #popped, 1, -1 do
    if taken[popped[i]] then taken[popped[i]] = nil else kept[#kept + 1] = popped[i] end
  end
  for first = 1, #kept, WALK_STEP do
    redis.call('RPUSH', wait, unpack(kept, first, math.min(first + WALK_STEP - 1, #kept)))
  end
end

-- Whether this busy pool is asked to free its process for them now.
local function asksForProcess(suspects, askAtMs)
  if nowMs() < (tonumber(askAtMs) or 0) then return false end
  redis.call('HSET', suspects.meta, 'sluice.crashSuspects', string.format('%.0f', nowMs() + ASK_EVERY_MS))
  return true
end

-- The suspects, while there are some; nil when there are none any more. Called only where meta says that there are some.
local function crashSuspects(key, meta)
  if redis.call('ZCARD', key) > 0 then
    return {
      key = key, meta = meta, nextSuspects = nextSuspects, nextOthers = nextOthers, takeOff = takeOff,
      asksForProcess = asksForProcess,
    }
  end
  redis.call('HDEL', meta, 'sluice.crashSuspects')
  return nil
end
