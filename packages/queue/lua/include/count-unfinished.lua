--[[
  How many jobs of one queue are unfinished: waiting, running, prioritized, delayed, or waiting for their children.
  Six O(1) reads, however long the queue is. `paused` is a list that BullMQ before 6 kept; a count must not forget it.

  keys: { wait, active, prioritized, delayed, waiting-children, paused }
]]
local function countUnfinished(keys)
  return redis.call('LLEN', keys[1]) + redis.call('LLEN', keys[2])
    + redis.call('ZCARD', keys[3]) + redis.call('ZCARD', keys[4]) + redis.call('ZCARD', keys[5])
    + redis.call('LLEN', keys[6])
end
