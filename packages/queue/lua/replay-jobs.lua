--- @include "bullmq/reprocessJob-9"
--- @include "capacity-keys"
--- @include "count-unfinished"
--- @include "capacity"
--- @include "known-ids"
--- @include "waiter-queue"
--- @include "wake-producers"
--- @include "wake-waiters"

--[[
  replay-jobs: puts dead letters back to work, behind the bound, in their order, by BullMQ's own reprocessJob. Their attempts are
  counted anew; their failures stay in their hashes, with how often they were replayed, when, and why they had died:

    sluice.replays  JSON: [how often, the last run, when in ms, code, reason]

  Those that find no free capacity wait for it like the puts of a call, under the ticket that is given. A job that this run has
  replayed before, and that died again, is left.

  KEYS     those of capacityKeys, then failed, events, marker, pc
  ARGV     what a job's key starts with; the prefix of the streams by which producers are woken; the configured capacity; the run;
           what becomes of a job that has expired: 'skip' or 'clear' (it never expires then); the ticket, empty when nothing may
           wait; how long the ticket lives in ms, then at most 100 ids
  Returns  { what stopped it: '', 'full' or 'sealed', a result for each of the first ids: 'replayed', 'expired', 'again' or 'gone' }

  Count: +1 for each that is replayed, no more than there is free capacity for
]]
local queue = capacityKeys(1)
local failed, events, marker, priorityCounter = unpack(KEYS, 10, 13)
local prefix, wakePrefix, configured, run, onExpired, ticket, ticketLifeMs = unpack(ARGV, 1, 7)
local ids = { unpack(ARGV, 8) }
local REASON_MAX_BYTES = 500

local function readReplays(json)
  local isJson, replays = pcall(cjson.decode, json or '')
  return isJson and type(replays) == 'table' and replays or { 0, '' }
end

-- The options without the time of expiry, as text, so that nothing else in them is written anew. Nil: it does not stand there as we
-- write it.
local function withoutExpiry(opts)
  local changed, count = string.gsub(opts, '"sluice":(%b{})', function(stamp)
    local rest = string.gsub(string.gsub(stamp, ',"e":%d+', ''), '"e":%d+,?', '')
    return '"sluice":' .. rest
  end)
  return count == 1 and not stampOf(changed).e and changed or nil
end

-- A job that may be replayed; else why not.
local function judge(id)
  local job = redis.pcall('HMGET', prefix .. id, 'name', 'opts', 'sluice.replays', 'sluice.code', 'failedReason')
  if job.err or not job[1] then return nil, 'gone' end
  local replays = readReplays(job[3])
  local isOfThisRun = replays[2] == run
  -- The reply to a call may be lost, and the call be sent again.
  if not redis.call('ZSCORE', failed, id) then return nil, isOfThisRun and 'replayed' or 'gone' end
  if isOfThisRun then return nil, 'again' end
  local expiresAt, opts = tonumber(stampOf(job[2]).e), nil
  if expiresAt and expiresAt <= nowMs() then
    opts = onExpired == 'clear' and withoutExpiry(job[2])
    if not opts then return nil, 'expired' end
  end
  local isJson, options = pcall(cjson.decode, job[2] or '')
  local push = isJson and type(options) == 'table' and options.lifo and 'RPUSH' or 'LPUSH'
  local reason = string.sub(job[5] or '', 1, REASON_MAX_BYTES)
  return { id = id, push = push, opts = opts, count = (tonumber(replays[1]) or 0) + 1, code = job[4] or '', reason = reason }
end

local function readFree()
  local depth, capacity = countUnfinished(queue), capacityOf(queue.meta, configured)
  if not capacity then return math.huge, 0, {} end
  local free, ahead, dead = freeCapacityFor(queue, capacity - depth, ticket ~= '' and ticket or nil)
  if ticket == '' and ahead > 0 then free = 0 end
  return free, ahead, dead, capacity
end

local function replay(job)
  local key = prefix .. job.id
  local keys = { key, events, failed, queue.wait, queue.meta, queue.active, marker, queue.prioritized, priorityCounter }
  bullmq.reprocessJob(keys, { job.id, job.push, 'failedReason', 'failed', '1', '0' })
  redis.call('HDEL', key, 'sluice.code', 'stc', 'defa')
  local replays = cjson.encode({ job.count, run, string.format('%.0f', nowMs()), job.code, job.reason })
  redis.call('HSET', key, 'sluice.replays', replays)
  if job.opts then redis.call('HSET', key, 'opts', job.opts) end
end

-- Has the ticket stand for so many jobs; with none it leaves, and those behind it move up.
local function storeTicket(wanted, ahead, dead)
  removeTickets(queue, dead)
  if ticket ~= '' and wanted > 0 then
    redis.call('ZADD', queue.waiters, 'NX', string.format('%.0f', nowMicros()), ticket)
    redis.call('HSET', queue.tickets, ticket, string.format('%d %.0f', wanted, nowMs() + ticketLifeMs))
    redis.call('PEXPIRE', queue.waiters, 10 * ticketLifeMs)
    redis.call('PEXPIRE', queue.tickets, 10 * ticketLifeMs)
  elseif ticket ~= '' and redis.call('ZREM', queue.waiters, ticket) == 1 then
    redis.call('HDEL', queue.tickets, ticket)
    if wakeWaiters(queue, wakePrefix, configured) < 1 and ahead == 0 then wakeFirstFrom(queue, wakePrefix, 0, nil) end
  end
  if #dead > 0 then wakeFirstFrom(queue, wakePrefix, 0, producerOf(ticket)) end
end

if redis.call('HGET', queue.meta, 'sluice.sealed') == '1' then return { 'sealed' } end
local free, ahead, dead, capacity = readFree()
local answer, chosen, wanted = { '' }, {}, 0
for _, id in ipairs(ids) do
  local job, why = judge(id)
  if job and #chosen >= free then wanted = wanted + 1 end
  if wanted == 0 then
    chosen[#chosen + 1] = job
    answer[#answer + 1] = why or 'replayed'
  end
end
if wanted > 0 then answer[1] = 'full' end

if #chosen > 0 then writeFallback(queue.meta, capacity) end
for _, job in ipairs(chosen) do replay(job) end
storeTicket(wanted, ahead, dead)
return answer
