--- @include "waiter-queue"

--[[
  claim-capacity: a client says which definition of the queue it runs. The newest definition's capacity is the queue's.

  Of two definitions, the one of the higher level is newer, and on one level the one that connected first the later:

    level n  its owner states `revision: n`
    level 0  it states none
    level -1 it belongs to a flow producer, which adds to queues that are not its own

  A newer definition takes over at once, an older one never while the other is in use. When nobody uses the owner any more,
  the newest definition in use takes over and counts as having connected anew: somebody has gone back to it. Not so from
  below a stated revision to a lower one, nor from a queue's own definitions to a flow producer's.

  In use is told by signs of life, which every client leaves again and again. A definition is out of use when its last
  client has said goodbye and another one connects; or when no sign was seen for `goneMs`, while the other one had signs all
  that time: after an outage, all definitions begin anew.

  KEYS[1]    sluice:clients, sorted set: "<definition> <client>" → last sign of life, in ms
  KEYS[2…]   what roomBehindLine needs; meta is the eighth
  ARGV[1]    'connect', which makes a queue that is not there; 'join', which does not; 'renew' or 'leave'
  ARGV[2,3]  id and level of the definition
  ARGV[4]    its capacity
  ARGV[5]    its rank as this client was told before, 0 at first: the memory of a Redis that was flushed
  ARGV[6]    client
  ARGV[7]    goneMs
  ARGV[8]    prefix of the lists at which producers listen
  Answer: { rank of the definition }; false for a queue that is gone
]]
local KNOWN_MOST = 16 -- definitions that are remembered
local meta, how = KEYS[8], ARGV[1]
local id = ARGV[2]
local member, goneMs = ARGV[2] .. ' ' .. ARGV[6], tonumber(ARGV[7])

if how ~= 'connect' and redis.call('EXISTS', meta) == 0 then return false end

local nowMs = math.floor(nowMicros() / 1000)
local definitions = readDefinitions(meta)
local owner = ownerOf(definitions)
local wasSet = isSetAtRunTime(meta, owner)
redis.call('ZCARD', KEYS[1]) -- looks only: a key of another kind fails the run before anything is written

-- Later than all that were seen, whatever a clock says that was set back.
local function nextRank()
  local rank = nowMs
  for _, known in ipairs(definitions.list) do rank = math.max(rank, known.rank + 1) end
  return rank
end

local function find()
  for _, known in ipairs(definitions.list) do
    if known.id == id then return known end
  end
  local rank = tonumber(ARGV[5])
  local found = { id = id, level = ARGV[3], capacity = ARGV[4], rank = rank > 0 and rank or nextRank(), since = nowMs }
  definitions.list[#definitions.list + 1] = found
  return found
end

local function isNewer(one, other)
  local level, otherLevel = tonumber(one.level), tonumber(other.level)
  if level ~= otherLevel then return level > otherLevel end
  return one.rank > other.rank
end

local function isSeen(definition)
  return not definition.left and definition.seen and nowMs - definition.seen <= goneMs
end

local mine = find()

local function signOfLife()
  if how == 'leave' then
    redis.call('ZREM', KEYS[1], member)
    for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', nowMs - goneMs), '+inf')) do
      if string.sub(other, 1, #id + 1) == id .. ' ' then return end
    end
    mine.left = true
    return
  end
  if not isSeen(mine) then mine.since = nowMs end
  mine.seen, mine.left = nowMs, nil
  redis.call('ZADD', KEYS[1], string.format('%.0f', nowMs), member)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', nowMs - goneMs))
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', 2 * goneMs))
end

local function mayFollow()
  local level, above = tonumber(mine.level), tonumber(owner.level)
  if level > 0 and above > 0 or level < 0 and above >= 0 then return false end
  for _, known in ipairs(definitions.list) do
    if known ~= mine and known ~= owner and isSeen(known) and isNewer(known, mine) then return false end
  end
  if owner.left and how ~= 'renew' then return true end
  return nowMs - owner.seen > goneMs and nowMs - mine.since > goneMs
end

local function forgetOldest()
  while #definitions.list > KNOWN_MOST do
    local oldest
    for at, known in ipairs(definitions.list) do
      local isKept = known == mine or known.id == definitions.owner
      if not isKept and (not oldest or isNewer(definitions.list[oldest], known)) then oldest = at end
    end
    table.remove(definitions.list, oldest)
  end
end

signOfLife() -- first: a definition that was not heard for a while begins anew
local followed = owner
if how ~= 'leave' and owner ~= mine then
  if not owner or isNewer(mine, owner) then
    followed = mine
  elseif mayFollow() then
    followed, mine.rank = mine, nextRank()
  end
end
if followed then definitions.owner = followed.id end
forgetOldest()
redis.call('HSET', meta, DEFINITIONS, cjson.encode(definitions))

local isMissing = not positive(redis.call('HGET', meta, CAPACITY))
if followed and not wasSet and (followed ~= owner or isMissing) then
  writeCapacity(meta, followed.capacity, 'definition', nowMs)
  local _, depth, bound = roomBehindLine(KEYS, followed.capacity)
  wakeLine(KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[8], bound - depth, nowMs)
end
return { string.format('%.0f', mine.rank) }
