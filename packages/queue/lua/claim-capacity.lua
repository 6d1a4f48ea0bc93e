--- @include "capacity-origin"
--- @include "capacity-keys"
--- @include "wake-waiters"
--- @include "definition-limits"
--- @include "definition-events"

--[[
  claim-capacity: a client says which definition of the queue it runs. The newest definition's capacity,
  limits and choice of events are the queue's.

  Of two definitions, the one of the higher level is newer, and on one level the one that connected first the later:

    level n  its owner states `revision: n`
    level 0  it states none
    level -1 it belongs to a flow producer, which adds to queues that are not its own

  A newer definition takes over at once, an older one never while the other is in use. When nobody uses the owner any more,
  the newest definition in use takes over and counts as newly connected: the deployment has gone back to it. Not so from
  below a stated revision to a lower one, nor from a queue's own definitions to a flow producer's.

  A definition is in use while its clients send heartbeats, as every client does again and again. It is out of use when its
  last client has said goodbye and another one connects; or when no heartbeat was seen for `goneMs`, while the other one had
  some all that time: after an outage, all definitions start again.

  KEYS     sluice:clients, a sorted set: "<definition> <client>" → last heartbeat, in ms; then those of capacityKeys
  ARGV[1]  'connect', which makes a queue that is not there; 'join', which does not; 'renew' or 'leave'
  ARGV[2]  id of the definition
  ARGV[3]  its level
  ARGV[4]  its capacity
  ARGV[5]  its rank as this client got it before, 0 at first: the memory of a Redis that was flushed
  ARGV[6]  client
  ARGV[7]  goneMs
  ARGV[8]  the limits that it states, as definition-limits.lua reads them
  ARGV[9]  which events it chooses: all, ended or none; empty for a client that says nothing of them
  ARGV[10] the prefix of the streams by which producers are woken
  Returns  { rank of the definition }; false for a queue that is gone

  Count: 0
]]
local clients = unpack(KEYS)
local queue = capacityKeys(2)
local step, id, level, capacity, rankToldBefore, client, goneAfterMs, limits, events, wakePrefix =
  unpack(ARGV)
local DEFINITIONS_MAX = 16 -- that are remembered
local meta = queue.meta
local member, goneMs = id .. ' ' .. client, tonumber(goneAfterMs)

if step ~= 'connect' and redis.call('EXISTS', meta) == 0 then return false end

local now = nowMs()
local definitions = readDefinitions(meta)
local owner = ownerOf(definitions)
local wasSet = isSetAtRunTime(meta, owner)
redis.call('ZCARD', clients) -- a key of another kind makes the call fail before anything is written

-- Higher than all that were seen, also when the clock was set back.
local function nextRank()
  local rank = now
  for _, known in ipairs(definitions.list) do rank = math.max(rank, known.rank + 1) end
  return rank
end

local function findOrAdd()
  for _, known in ipairs(definitions.list) do
    if known.id == id then return known end
  end
  local rank = tonumber(rankToldBefore)
  local found = { id = id, level = level, capacity = capacity, rank = rank > 0 and rank or nextRank(), since = now }
  definitions.list[#definitions.list + 1] = found
  return found
end

local function isNewer(one, other)
  local oneLevel, otherLevel = tonumber(one.level), tonumber(other.level)
  if oneLevel ~= otherLevel then return oneLevel > otherLevel end
  return one.rank > other.rank
end

local function isInUse(definition)
  return not definition.left and definition.seen and now - definition.seen <= goneMs
end

local mine = findOrAdd()
mine.limits = limits
if not mine.events and events ~= '' then mine.events = events end

local function noteHeartbeat()
  if step == 'leave' then
    redis.call('ZREM', clients, member)
    for _, other in ipairs(redis.call('ZRANGEBYSCORE', clients, string.format('%.0f', now - goneMs), '+inf')) do
      if string.sub(other, 1, #id + 1) == id .. ' ' then return end
    end
    mine.left = true
    return
  end
  if not isInUse(mine) then mine.since = now end
  mine.seen, mine.left = now, nil
  redis.call('ZADD', clients, string.format('%.0f', now), member)
  redis.call('ZREMRANGEBYSCORE', clients, '-inf', string.format('(%.0f', now - goneMs))
  redis.call('PEXPIRE', clients, string.format('%.0f', 2 * goneMs))
end

local function mayTakeOver()
  local mineLevel, above = tonumber(mine.level), tonumber(owner.level)
  if mineLevel > 0 and above > 0 or mineLevel < 0 and above >= 0 then return false end
  for _, known in ipairs(definitions.list) do
    if known ~= mine and known ~= owner and isInUse(known) and isNewer(known, mine) then return false end
  end
  if owner.left and step ~= 'renew' then return true end
  return now - owner.seen > goneMs and now - mine.since > goneMs
end

local function forgetOldest()
  while #definitions.list > DEFINITIONS_MAX do
    local oldest
    for at, known in ipairs(definitions.list) do
      local isKept = known == mine or known.id == definitions.owner
      if not isKept and (not oldest or isNewer(definitions.list[oldest], known)) then oldest = at end
    end
    table.remove(definitions.list, oldest)
  end
end

noteHeartbeat() -- first: a definition without one for a while starts again
local newOwner = owner
if step ~= 'leave' and owner ~= mine then
  if not owner or isNewer(mine, owner) then
    newOwner = mine
  elseif mayTakeOver() then
    newOwner, mine.rank = mine, nextRank()
  end
end
local base = string.sub(clients, 1, -1 - #'sluice:clients')
local limited = { prefix = base, meta = meta, active = queue.active, marker = base .. 'marker' }
local plan = {}
if newOwner and newOwner ~= owner and (newOwner.limits or '') ~= '' then
  plan = planLimits(limited, definitions.limits, newOwner.limits)
  definitions.limits = newOwner.limits
end
if newOwner then definitions.owner = newOwner.id end
forgetOldest()
redis.call('HSET', meta, DEFINITIONS, cjson.encode(definitions))

applyLimits(limited, plan)
if newOwner and newOwner.events then applyEventPolicy(meta, newOwner.events, now) end

local isMissing = not positive(redis.call('HGET', meta, CAPACITY))
if newOwner and not wasSet and (newOwner ~= owner or isMissing) then
  writeCapacity(meta, newOwner.capacity, 'definition')
  wakeWaiters(queue, wakePrefix, newOwner.capacity)
end
return { string.format('%.0f', mine.rank) }
