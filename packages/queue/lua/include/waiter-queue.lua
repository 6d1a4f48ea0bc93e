--- @include "clock"
--- @include "count-unfinished"
--- @include "capacity"

--[[
  The line of puts that wait for room. A ticket stands for the puts of one admission run; its place is its arrival by
  Redis's clock.

    line     sorted set: ticket → arrival, in microseconds
    tickets  hash: ticket → "<rooms wanted> <end of life, in ms>"

  Room is promised, not reserved: of what is free, each ticket may take what those before it do not want. So nobody
  overtakes, nothing that was granted can leak, and a ticket whose producer is gone holds up the others no longer than
  its life, which every look for room prolongs.
]]
local LINE_STEPS = 32 -- the most tickets that one run walks over

-- Walks the line from a position on, 0 being its head, and calls visit(ticket, wanted) for each that lives, until it
-- returns true. The ticket that asks (self) lives, or it would not ask. Returns the dead ones, and whether the walk saw the
-- end of the line.
local function walkLine(lineKey, ticketsKey, from, self, nowMs, visit)
  local dead, members = {}, redis.call('ZRANGE', lineKey, from, from + LINE_STEPS - 1)
  for _, ticket in ipairs(members) do
    local wanted, ends = string.match(redis.call('HGET', ticketsKey, ticket) or '', '^(%d+) (%d+)$')
    if ticket ~= self and (not wanted or tonumber(ends) < nowMs) then
      dead[#dead + 1] = ticket
    elseif visit(ticket, tonumber(wanted or 0)) then
      return dead, false
    end
  end
  return dead, #members < LINE_STEPS
end

-- How much of the free room is left for a ticket, or for a newcomer (ticket nil) behind all who wait; how many were
-- seen before it; and the dead tickets that were met.
local function roomInLine(lineKey, ticketsKey, free, ticket, nowMs)
  local ahead, found = 0, false
  local dead, sawEnd = walkLine(lineKey, ticketsKey, 0, ticket, nowMs, function(other, wanted)
    if other == ticket then
      found = true
      return true
    end
    ahead = ahead + 1
    free = free - wanted
    return false
  end)
  if not found and not sawEnd then free = 0 end
  return math.max(free, 0), ahead, dead
end

local function leaveLine(lineKey, ticketsKey, tickets)
  for _, ticket in ipairs(tickets) do
    redis.call('ZREM', lineKey, ticket)
    redis.call('HDEL', ticketsKey, ticket)
  end
end

-- A producer listens at a stream of its own, which holds one entry and dies soon when nobody listens.
local function wakeProducer(wakeKey)
  redis.call('XADD', wakeKey, 'MAXLEN', 1, '*', 'look', 'again')
  redis.call('PEXPIRE', wakeKey, 5000)
end

-- A ticket is named <producer>:<number>.
local function producerOf(ticket)
  return string.match(ticket, '^[^:]*')
end

-- Wakes the producers of those who have room coming.
local function wakeLine(lineKey, ticketsKey, wakePrefix, free, nowMs)
  if free < 1 then return end
  walkLine(lineKey, ticketsKey, 0, nil, nowMs, function(ticket, wanted)
    wakeProducer(wakePrefix .. producerOf(ticket))
    free = free - wanted
    return free < 1
  end)
end

-- Wakes the first who lives from a position on, when those before it have left: only the head looks for capacity often
-- enough to find what workers without our scripts free, and it has to learn that it is the head. The producer whose script
-- this is knows already.
local function wakeNext(lineKey, ticketsKey, wakePrefix, from, producer, nowMs)
  walkLine(lineKey, ticketsKey, from, nil, nowMs, function(ticket)
    local next = producerOf(ticket)
    if next ~= producer then wakeProducer(wakePrefix .. next) end
    return true
  end)
end

-- For scripts of BullMQ's that would make a job unfinished, and for those that may have freed room: what is free and not
-- waited for, the depth and the capacity. KEYS end with the six of countUnfinished, meta, line and tickets.
local function roomBehindLine(KEYS, configured)
  local first = #KEYS - 8
  local counted = {}
  for i = 1, 6 do counted[i] = KEYS[first + i - 1] end
  local depth, capacity = countUnfinished(counted), capacityOf(KEYS[first + 6], configured)
  if not capacity then return math.huge, depth, 0 end
  local free = capacity - depth
  local _, ahead = roomInLine(KEYS[#KEYS - 1], KEYS[#KEYS], free, nil, math.floor(nowMicros() / 1000))
  return ahead > 0 and 0 or free, depth, capacity
end
