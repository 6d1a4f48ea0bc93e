--[[
  Tombstones: what a cancel leaves of a job deep inside `wait`, where taking its id off the list would be a walk of the whole
  list. The id stays in the list; all else of the job is gone, but for a hash of one field, by which a Worker of BullMQ fails it
  unrun. A take of ours drops it; a put under the same id takes it off the list first.

    sluice:tombstones       set: the ids
    meta sluice.tombstones  how many they are, for the count of unfinished jobs; absent: none

  One that a client without our backend took off the list is known by its hash, and counts until a put finds it.
]]
local TOMBSTONE = 'The job was cancelled while it waited.'

local function isTombstone(name, deferredFailure)
  return not name and deferredFailure == TOMBSTONE
end

-- queue  { prefix, meta }
local function tombstonesOf(queue)
  local LOOKED_AT, LOOKED_AT_MAX, UNPACKED = 8, 5000, 1000
  local prefix, key, tombstones = queue.prefix, queue.prefix .. 'sluice:tombstones', {}

  -- Fails for a key of another kind than a job's.
  function tombstones.isAt(jobKey)
    return isTombstone(unpack(redis.call('HMGET', jobKey, 'name', 'defa')))
  end

  local function isThere(id)
    local isRead, isOne = pcall(tombstones.isAt, prefix .. id)
    return isRead and isOne
  end

  local function lostOf(most)
    local lost = {}
    for _, id in ipairs(redis.call('SRANDMEMBER', key, most)) do
      if not isThere(id) then lost[#lost + 1] = id end
    end
    return lost
  end

  function tombstones.has(id)
    return redis.call('SISMEMBER', key, id) == 1 and isThere(id)
  end

  -- Ids that are none any more, of a few that are looked at at random; of many, where half of those are.
  function tombstones.lost()
    local lost = lostOf(LOOKED_AT)
    return #lost * 2 < LOOKED_AT and lost or lostOf(LOOKED_AT_MAX)
  end

  local function count()
    local number = redis.call('SCARD', key)
    if number == 0 then
      redis.call('HDEL', queue.meta, 'sluice.tombstones')
    else
      redis.call('HSET', queue.meta, 'sluice.tombstones', number)
    end
  end

  function tombstones.unlist(ids)
    for first = 1, #ids, UNPACKED do
      redis.call('SREM', key, unpack(ids, first, math.min(first + UNPACKED - 1, #ids)))
    end
    count()
  end

  -- Of those that were taken off `wait`.
  function tombstones.drop(ids)
    for _, id in ipairs(ids) do redis.call('DEL', prefix .. id) end
    tombstones.unlist(ids)
  end

  -- Of a job that is gone but for its id in `wait`.
  function tombstones.add(id)
    redis.call('HSET', prefix .. id, 'defa', TOMBSTONE)
    redis.call('SADD', key, id)
    count()
  end

  -- Where none can be in `wait`.
  function tombstones.forget()
    redis.call('DEL', key)
    redis.call('HDEL', queue.meta, 'sluice.tombstones')
  end

  return tombstones
end
