--- @include "clock"
--- @include "positive"

--[[
  Whose number the capacity of a queue is. Three fields of the queue's meta say it:

    sluice.capacity     the number that every client enforces
    sluice.capacity.by  "<since, in ms> set" by an operator, "<since> definition", or "<since> fallback": written by a script
                        that found no number and knew of no definition
    sluice.definitions  JSON { owner, list }: the definitions that have connected, and the id of the one whose number counts
                        while nobody has set another. Each is { id, level, capacity, rank, seen, since, left? }; see
                        claim-capacity.lua. Level and capacity are text: JSON in Lua prints 14 digits

  A client of an earlier version knows the first field only. What it sets counts as set by an operator; where it takes the
  field away, the definition's number is used and written back.
]]
local CAPACITY, CAPACITY_BY, DEFINITIONS = 'sluice.capacity', 'sluice.capacity.by', 'sluice.definitions'

local function readDefinitions(metaKey)
  local json = redis.call('HGET', metaKey, DEFINITIONS)
  local isJson, definitions = pcall(cjson.decode, json or '')
  if isJson and type(definitions) == 'table' and type(definitions.list) == 'table' then return definitions end
  return { list = {} }
end

local function ownerOf(definitions)
  for _, definition in ipairs(definitions.list) do
    if definition.id == definitions.owner then return definition end
  end
  return nil
end

-- For a queue that has no number in Redis: that of the definition which owns it, else the one that this client states.
local function fallbackCapacity(metaKey, configured)
  local owner = ownerOf(readDefinitions(metaKey))
  return positive(owner and owner.capacity or configured)
end

-- The number that holds for all, or nil when there is none.
local function capacityOf(metaKey, configured)
  return positive(redis.call('HGET', metaKey, CAPACITY)) or fallbackCapacity(metaKey, configured)
end

local function writeCapacity(metaKey, capacity, by)
  redis.call('HSET', metaKey, CAPACITY, string.format('%.0f', tonumber(capacity)), CAPACITY_BY,
    string.format('%.0f', nowMs()) .. ' ' .. by)
end

-- A script that lets jobs in by a fallback writes it down for all others, so that no two numbers are ever enforced at once.
local function writeFallback(metaKey, capacity)
  if not positive(capacity) or positive(redis.call('HGET', metaKey, CAPACITY)) then return end
  writeCapacity(metaKey, capacity, ownerOf(readDefinitions(metaKey)) and 'definition' or 'fallback')
end
