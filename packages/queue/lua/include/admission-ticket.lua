--- @include "clock"
--- @include "waiter-queue"
--- @include "wake-producers"

-- The ticket of a call of admit-jobs: the jobs of its first queue that find no free capacity wait under it.

-- Sets `stands`, the arrival of a ticket that is in the waiter queue. Where a new one finds as many tickets as may wait, those
-- jobs are refused.
local function checkTicket(batch)
  local ticket, queue = batch.header.ticket, batch.queues[1]
  if not ticket then return end
  batch.stands = queue.hasWaiters and redis.call('ZSCORE', queue.waiters, ticket.name)
  if batch.wanted == 0 or batch.stands then return end
  if redis.call('ZCARD', queue.waiters) - #queue.deadTickets < ticket.most then return end
  for i, decision in ipairs(batch.decisions) do
    if decision == 'full' then batch.decisions[i] = 'too-many-waiters' end
  end
  batch.wanted = 0
end

-- Adds the ticket, keeps it or removes it, as there are jobs left that wait; sets `arrival` of one that waits.
local function storeTicket(batch)
  local ticket, queue, stands = batch.header.ticket, batch.queues[1], batch.stands
  if not ticket then return end
  if batch.wanted == 0 then
    if stands then removeTickets(queue, { ticket.name }) end
    return
  end
  batch.arrival = stands or ticket.arrival or string.format('%.0f', nowMicros())
  if not stands then redis.call('ZADD', queue.waiters, batch.arrival, ticket.name) end
  redis.call('HSET', queue.tickets, ticket.name, string.format('%d %.0f', batch.wanted, nowMs() + ticket.lifeMs))
  redis.call('PEXPIRE', queue.waiters, 10 * ticket.lifeMs)
  redis.call('PEXPIRE', queue.tickets, 10 * ticket.lifeMs)
end

-- Removes dead tickets. Those behind a ticket that left, or was dead, move up: there may be a new head, and capacity that the
-- ticket did not want.
local function wakeWhoMovedUp(batch)
  local ticket = batch.header.ticket
  for q, queue in ipairs(batch.queues) do
    local hadDead, hasLeft = #queue.deadTickets > 0, q == 1 and batch.stands and not batch.arrival
    if hadDead or hasLeft then
      local wakePrefix, caller = queue.prefix .. 'sluice:wake:', ticket and producerOf(ticket.name)
      removeTickets(queue, queue.deadTickets)
      if hadDead or queue.ahead == 0 then wakeFirstFrom(queue, wakePrefix, 0, caller) end
      if hasLeft and queue.ahead > 0 and queue.free >= 1 then wakeFirstFrom(queue, wakePrefix, queue.ahead, caller) end
    end
  end
end

local function updateTicket(ticket)
  storeTicket(ticket.batch)
  wakeWhoMovedUp(ticket.batch)
end

-- Called where a queue has waiters, or may get one: checks the ticket, and returns what `update` writes of it.
local function admissionTicket(batch)
  checkTicket(batch)
  return { batch = batch, update = updateTicket }
end
