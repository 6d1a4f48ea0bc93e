--- @include "clock"
--- @include "event-policy"
--- @include "events-limit"
--- @include "scores"

-- Adds the next job of a schedule, delayed until it is due, as BullMQ's addJobFromScheduler would have added it. One that is due
-- already is delayed as well: the next take moves it. Its number of ms after the schedule's own time is `sluice.jitterMs`.
--
-- queue      { prefix, repeat, id, delayed, events, marker, meta }
-- iteration  { schedule, job, data, options (JSON), dueMs (of the schedule), atMs (when it may be taken), jitterMs }
local function addIteration(queue, iteration)
  local id = 'repeat:' .. iteration.schedule .. ':' .. iteration.dueMs
  local now, atMs = nowMs(), tonumber(iteration.atMs)
  local options = cjson.decode(iteration.options)
  local storedEventsLimit, eventPolicy = unpack(redis.call('HMGET', queue.meta, 'opts.maxLenEvents', 'sluice.events'))
  local limit, writesAll = eventsLimit(queue.meta, storedEventsLimit), writesAllEvents({ eventPolicy = eventPolicy })
  local least = atMs * DUE_UNIT
  local last = redis.call('ZREVRANGEBYSCORE', queue.delayed, string.format('%.0f', least + DUE_UNIT - 1),
    string.format('%.0f', least), 'WITHSCORES', 'LIMIT', 0, 1)
  local score = last[2] and math.min(tonumber(last[2]) + 1, least + DUE_UNIT - 1) or least
  redis.call('INCR', queue.id)
  redis.call('HSET', queue.prefix .. id, 'name', iteration.job, 'data', iteration.data, 'opts', iteration.options,
    'timestamp', string.format('%.0f', now), 'delay', string.format('%.0f', math.max(atMs - now, 0)),
    'priority', string.format('%.0f', tonumber(options.priority) or 0), 'rjk', iteration.schedule)
  if tonumber(iteration.jitterMs) > 0 then
    redis.call('HSET', queue.prefix .. id, 'sluice.jitterMs', iteration.jitterMs)
  end
  if writesAll then redis.call('XADD', queue.events, '*', 'event', 'added', 'jobId', id, 'name', iteration.job) end
  redis.call('ZADD', queue.delayed, string.format('%.0f', score), id)
  if writesAll then
    redis.call('XADD', queue.events, 'MAXLEN', '~', limit, '*', 'event', 'delayed', 'jobId', id, 'delay',
      string.format('%.0f', atMs))
  end
  local first = redis.call('ZRANGE', queue.delayed, 0, 0, 'WITHSCORES')
  redis.call('ZADD', queue.marker, string.format('%.0f', dueMsOf(first[2])), '1')
  redis.call('ZADD', queue['repeat'], iteration.dueMs, iteration.schedule)
end
