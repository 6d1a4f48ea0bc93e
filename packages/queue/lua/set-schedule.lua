--- @include "schedule-keys"
--- @include "add-iteration"
--- @include "free-capacity"

--[[
  set-schedule: makes a schedule, or replaces it with its iteration to come. It is stored as one of BullMQ's job schedulers, with
  fields of ours: `sluice` (JSON of its settings), `sluice.digest`, `sluice.by` ('operator' or 'definition'). The same set again
  changes nothing, so instances that start at once make one.

  KEYS      repeat, id, events, marker; then those of capacityKeys
  ARGV[1]   what a job's key starts with
  ARGV[2]   name of the schedule
  ARGV[3]   digest of all that is set
  ARGV[4]   id of the definition that has the schedule; empty: an operator sets it
  ARGV[5]   name of the job
  ARGV[6]   payload, JSON
  ARGV[7]   options of its jobs, JSON
  ARGV[8]   settings, JSON
  ARGV[9]   options of the iteration to come, JSON
  ARGV[10]  when it is due by the schedule, in ms
  ARGV[11]  when it may be taken
  ARGV[12]  its jitter
  ARGV[13]  the configured capacity
  ARGV[14…] BullMQ's fields of the cadence, in pairs
  Returns   { 'set' } or { 'unchanged' }; { 'operator' }: one that an operator has set stands above definitions; { 'older' }: a newer
            definition owns the queue; { 'taken' }: that iteration exists already; { 'full', depth, capacity }

  Count: +1, or refused; 0 when it replaces its own pending iteration
]]
local OURS = { 'sluice.paused', 'sluice.last', 'sluice.lastAtMs', 'sluice.runs', 'sluice.overlapped', 'sluice.missed', 'ic' }
local prefix, schedule, digest, definition, job, data, options, settings, nextOptions, dueMs, atMs, jitterMs, configured =
  unpack(ARGV, 1, 13)
local queue = scheduleKeys(1, prefix)
local key = queue['repeat'] .. ':' .. schedule
local before = digitsOf(redis.call('ZSCORE', queue['repeat'], schedule))
local wasDigest, by = unpack(redis.call('HMGET', key, 'sluice.digest', 'sluice.by'))

if definition ~= '' then
  local owner = ownerOf(readDefinitions(queue.meta))
  if owner and owner.id ~= definition then return { 'older' } end
  if before and by ~= 'definition' then return { 'operator' } end
end
local pending = before and isPending(queue, schedule, before)
if before and wasDigest == digest and redis.call('EXISTS', prefix .. 'repeat:' .. schedule .. ':' .. before) == 1 then
  return { 'unchanged' }
end
local free, depth, capacity = freeCapacity(queue, configured)
if free < 1 and not pending then return { 'full', depth, capacity } end
local replaces = pending and before == dueMs
if not replaces and redis.call('EXISTS', prefix .. 'repeat:' .. schedule .. ':' .. dueMs) == 1 then return { 'taken' } end
if redis.call('TYPE', key).ok ~= 'none' and redis.call('TYPE', key).ok ~= 'hash' then return { 'taken' } end

writeFallback(queue.meta, capacity)
if pending then removePending(queue, schedule, before) end
local kept = redis.call('HMGET', key, unpack(OURS))
redis.call('DEL', key)
redis.call('HSET', key, 'name', job, 'data', data, 'opts', options, 'ic', 1, 'sluice', settings, 'sluice.digest', digest,
  'sluice.by', definition == '' and 'operator' or 'definition')
for i, field in ipairs(OURS) do
  if kept[i] then redis.call('HSET', key, field, kept[i]) end
end
if #ARGV > 13 then redis.call('HSET', key, unpack(ARGV, 14)) end
addIteration(queue, {
  schedule = schedule, job = job, data = data, options = nextOptions, dueMs = dueMs, atMs = atMs, jitterMs = jitterMs,
})
return { 'set' }
