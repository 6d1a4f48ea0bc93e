--- @include "clock"

--[[
  The waiter queue: puts that wait for free capacity. A ticket stands for the puts of one admission call; its place is its
  arrival by Redis's clock.

    sluice:waiters  sorted set: ticket → arrival, in microseconds
    sluice:tickets  hash: ticket → "<jobs that wait> <end of life, in ms>"

  Free capacity is allotted in this order, not reserved: each ticket may take what those before it do not want. So nobody
  overtakes, nothing that was granted can leak, and a ticket whose producer is gone delays the others no longer than its
  life, which is prolonged each time that its producer asks again.

  queue  { waiters, tickets }, the two keys
]]
-- A ticket is named <producer>:<number>.
local function producerOf(ticket)
  return string.match(ticket, '^[^:]*')
end

local TICKETS_WALKED_MAX = 32 -- by one call

-- Walks the tickets from a position on, 0 being the head, and calls visit(ticket, wanted) for each that lives, until it
-- returns true. The ticket that asks (self) lives, or it would not ask. Returns the dead ones, and whether the walk reached
-- the end.
local function walkWaiters(queue, from, self, visit)
  local dead, members = {}, redis.call('ZRANGE', queue.waiters, from, from + TICKETS_WALKED_MAX - 1)
  for _, ticket in ipairs(members) do
    local wanted, endsMs = string.match(redis.call('HGET', queue.tickets, ticket) or '', '^(%d+) (%d+)$')
    if ticket ~= self and (not wanted or tonumber(endsMs) < nowMs()) then
      dead[#dead + 1] = ticket
    elseif visit(ticket, tonumber(wanted or 0)) then
      return dead, false
    end
  end
  return dead, #members < TICKETS_WALKED_MAX
end

-- How much of the free capacity is left for a ticket, or for a newcomer (ticket nil) behind all who wait; how many tickets
-- were seen before it; and the dead ones among them.
local function freeCapacityFor(queue, free, ticket)
  local ahead, found = 0, false
  local dead, sawEnd = walkWaiters(queue, 0, ticket, function(other, wanted)
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

local function removeTickets(queue, tickets)
  for _, ticket in ipairs(tickets) do
    redis.call('ZREM', queue.waiters, ticket)
    redis.call('HDEL', queue.tickets, ticket)
  end
end
