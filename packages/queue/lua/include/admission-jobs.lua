--[[
  Reads the entries of admit-jobs. A job is what an entry asks for:

    q, id             its queue; '' stands for the next number
    jobKey            when the id must be looked up
    digest, drop      of its payload; the policy by which it may evict another job
    argument          the position of its first argument
    entry             of a compact entry, which is always plain
    script, keys      of an entry for BullMQ's script; with plain { name, at, opts } when the fast path can write it after all
    parentKey, deduplicationKey, replaces (a delayed job that has that key)
    dedupe            of a put of ours with such a key: its mode; see coalesce-job.lua
]]
local function compactJob(queues, entry, argument)
  local id, digest = entry[1], entry[4]
  return {
    q = 1,
    id = id,
    jobKey = entry[5] == 0 and queues[1].prefix .. id or nil,
    digest = digest ~= '' and digest or nil,
    drop = entry[6],
    argument = argument,
    entry = entry,
  }
end

-- BullMQ's packed options as they are stored; false for those that are not plain. Many jobs of one call have the same.
local storedOptions = {}
local function plainOptions(packed)
  if storedOptions[packed] == nil then
    local opts = cmsgpack.unpack(packed)
    storedOptions[packed] = not opts['lifo'] and not opts['de'] and cjson.encode(opts)
  end
  return storedOptions[packed]
end

local function scriptJob(queues, entry, argument)
  local packedOptions = ARGV[argument + 2]
  local prefix, id, name, at, parentKey, parentDependencies, parent, repeatKey, deduplicationKey =
    unpack(cmsgpack.unpack(ARGV[argument]), 1, 9)
  local job = {
    q = entry.q,
    id = id,
    jobKey = id ~= '' and prefix .. id or nil,
    digest = entry.digest,
    drop = entry.drop,
    deduplicationKey = deduplicationKey,
    dedupe = entry.dedupe,
    parentKey = parentKey,
    argument = argument,
    script = entry.script,
    keys = entry.keys,
  }
  if deduplicationKey and not entry.dedupe then
    local deduplication = cmsgpack.unpack(packedOptions)['de']
    job.replaces = type(deduplication) == 'table' and deduplication['replace']
  end
  local isAlone = not (parentKey or parentDependencies or parent or repeatKey or deduplicationKey)
  if entry.script == 'addStandardJob' and isAlone and prefix == queues[entry.q].prefix then
    local opts = plainOptions(packedOptions)
    job.plain = opts and { name, at, opts }
  end
  return job
end

local function readJobs(queues, entries)
  local jobs, argument = {}, 2
  for i, entry in ipairs(entries) do
    if entry.script then
      jobs[i] = scriptJob(queues, entry, argument)
      argument = argument + 3
    else
      jobs[i] = compactJob(queues, entry, argument)
      argument = argument + 1
    end
  end
  return jobs
end
