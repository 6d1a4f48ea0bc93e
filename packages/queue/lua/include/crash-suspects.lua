--[[
  Crash suspects: jobs that ran in a process when it died, so that one of them may have killed it (docs/adr/0012). They
  wait as any other job does, at the head of `wait`, but our pools take them by groups, each alone in a process.

    sluice:crash-suspects       sorted set: id → number of its group; the lowest is next
    meta sluice.crashSuspects   when a busy pool may be asked to make room for them, in ms of Redis's clock; absent: there are none
]]
local SUSPECTS_LIVE_MS = 3600000 -- without a sweep
local ASK_EVERY_MS = 30000 -- so often at most one busy pool is asked to make room
local WALK = 1000

-- Asked for only where meta says that there are some. Nil: there are none any more.
local function suspectsOf(key, meta)
  if redis.call('ZCARD', key) > 0 then return key end
  redis.call('HDEL', meta, 'sluice.crashSuspects')
  return nil
end

local function asSet(ids)
  local set = {}
  for _, id in ipairs(ids) do set[id] = true end
  return set
end

-- The members of the group that is next, at most so many.
local function nextGroup(key, most)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if not first[1] then return {} end
  return redis.call('ZRANGEBYSCORE', key, first[2], first[2], 'LIMIT', 0, most)
end

-- Walks `wait` from the end at which jobs are taken. Gives up to `most` ids that are meant, and how deep each of them lies.
local function walkWait(wait, most, deepest, isMeant)
  local ids, depths, from = {}, {}, 0
  while #ids < most and from < deepest do
    local chunk = redis.call('LRANGE', wait, -from - WALK, -from - 1)
    for i = #chunk, 1, -1 do
      if #ids < most and isMeant(chunk[i]) then
        ids[#ids + 1], depths[#ids + 1] = chunk[i], from + #chunk - i + 1
      end
    end
    if #chunk < WALK then break end
    from = from + WALK
  end
  return ids, depths
end

-- The next jobs to take beside others: no suspects.
local function unsuspected(wait, key, most)
  local suspects = asSet(redis.call('ZRANGE', key, 0, -1))
  return walkWait(wait, most, redis.call('ZCARD', key) + most + WALK, function(id) return not suspects[id] end)
end

-- The next group, in so far as it still waits. What does not (it was removed, or a worker of BullMQ's took it) is forgotten.
local function waitingGroup(wait, key, most)
  local members = nextGroup(key, most)
  local isMember = asSet(members)
  local ids, depths = walkWait(wait, #members, redis.call('ZCARD', key) + 10 * WALK, function(id) return isMember[id] end)
  if #ids < #members then
    local waits = asSet(ids)
    for _, id in ipairs(members) do
      if not waits[id] then redis.call('ZREM', key, id) end
    end
  end
  return ids, depths
end

-- Takes these off `wait`, of which none lies deeper than `depth`. The others keep their order.
local function takeOff(wait, ids, depth)
  local gone, kept = asSet(ids), {}
  local popped = redis.call('RPOP', wait, depth)
  for i = #popped, 1, -1 do
    if gone[popped[i]] then gone[popped[i]] = nil else kept[#kept + 1] = popped[i] end
  end
  for first = 1, #kept, WALK do
    redis.call('RPUSH', wait, unpack(kept, first, math.min(first + WALK - 1, #kept)))
  end
end

-- Whether this busy pool is the one to make room for them now.
local function asksForRoom(meta, askAt, nowMs)
  if nowMs < (tonumber(askAt) or 0) then return false end
  redis.call('HSET', meta, 'sluice.crashSuspects', string.format('%.0f', nowMs + ASK_EVERY_MS))
  return true
end
