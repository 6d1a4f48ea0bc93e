--[[
  Takes ended jobs off an active list that is long. LREM goes through the list from one of its ends up to the job, 12 µs to the
  middle of 1,000 ids: so it begins at the end that is nearer. Many jobs from all over the list are found by reading it once, from
  the oldest on and no further than needed: each is overwritten by what is no job's id, and one LREM removes these.
]]
local MANY_JOBS = 40 -- to read an id into Lua costs as much as LREM's passing it some twenty times, each time half the list
local NO_ID = ''

local function fenceOf(token)
  return tonumber(string.match(token or '', ':(%d+)$'))
end

-- The fence of the job in the middle; nil when it has none, as the jobs of other clients.
local function middleFence(queue, length)
  local id = redis.call('LINDEX', queue.active, math.floor(length / 2))
  return id and fenceOf(redis.call('MGET', queue.prefix .. id .. ':lock')[1] or nil)
end

-- Which of the jobs lie in the newer half, which begins the list, and how many; none when the middle has no fence.
local function findNewer(queue, length, settles)
  local middle, isNewer, count = middleFence(queue, length), {}, 0
  if not middle then return isNewer, 0 end
  for i, settle in ipairs(settles) do
    local fence = fenceOf(settle[2])
    if fence and fence > middle then isNewer[i], count = true, count + 1 end
  end
  return isNewer, count
end

local function takeOneByOne(active, settles, isNewer)
  local taken = {}
  for i, settle in ipairs(settles) do
    local id = settle[1]
    if redis.call('LREM', active, isNewer[i] and 1 or -1, id) > 0 then taken[id] = true end
  end
  return taken
end

-- Where each of the jobs lies, counted from the oldest; those that are not there are left out. And how many are.
local function findFromOldest(active, settles)
  local wanted, places, found, from, size = {}, {}, 0, 0, 2 * #settles
  for _, settle in ipairs(settles) do wanted[settle[1]] = true end
  while found < #settles do
    local chunk = redis.call('LRANGE', active, -from - size, -from - 1)
    for i = #chunk, 1, -1 do
      local id = chunk[i]
      if wanted[id] then
        wanted[id], places[id], found = false, from + #chunk - i + 1, found + 1
      end
    end
    if #chunk < size then break end
    from, size = from + size, 2 * size
  end
  return places, found
end

local function takeInOnePass(active, settles)
  local places, found = findFromOldest(active, settles)
  for _, place in pairs(places) do redis.call('LSET', active, -place, NO_ID) end
  if found > 0 then redis.call('LREM', active, -found, NO_ID) end
  return places
end

-- Returns a table that has the id of each job that was in the list.
local function takeOffLongList(queue, length, settles)
  local isNewer, newer = findNewer(queue, length, settles)
  local fewerHalf = math.min(newer, #settles - newer)
  if #settles >= MANY_JOBS and fewerHalf >= #settles / 4 then return takeInOnePass(queue.active, settles) end
  return takeOneByOne(queue.active, settles, isNewer)
end
