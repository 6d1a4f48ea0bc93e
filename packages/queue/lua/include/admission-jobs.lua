--[[
  Reads the entries of admit-jobs. A job is what an entry asks for:

    q, id             its queue; '' stands for the next number
    jobKey            when the id must be looked up
    digest, drop      of its payload; the policy by which it may evict another job
    plain             { name, at, data, opts } when the fast path can write it, with opts as JSON
    script, keys      of an entry for BullMQ's script
    argument          the position of that script's first argument
    parentKey, deduplicationKey, replaces (a delayed job that has that key)
    dedupe            of a put of ours with such a key: its mode; see coalesce-job.lua
    failure           why it cannot be read
]]
local function compactJob(queues, options, entry, argument)
  local id, at, index, digest = unpack(entry, 1, 4)
  local name, beforeId, beforeDigest, rest = unpack(options[index])
  return {
    q = 1,
    id = id,
    jobKey = entry[5] == 0 and queues[1].prefix .. id or nil,
    digest = digest ~= '' and digest or nil,
    drop = entry[6],
    plain = { name, at, ARGV[argument], beforeId .. id .. beforeDigest .. digest .. rest },
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
    job.plain = opts and { name, at, ARGV[argument + 1], opts }
  end
  return job
end

-- Of an isolated call, a job that cannot be read fails alone.
local function readScriptJob(queues, header, entry, argument)
  if not header.isolated then return scriptJob(queues, entry, argument) end
  local isRead, job = pcall(scriptJob, queues, entry, argument)
  return isRead and job or { q = entry.q, failure = job }
end

local function readJobs(queues, header)
  local jobs, argument = {}, 2
  for i, entry in ipairs(header.entries) do
    if entry.script then
      jobs[i] = readScriptJob(queues, header, entry, argument)
      argument = argument + 3
    else
      jobs[i] = compactJob(queues, header.options, entry, argument)
      argument = argument + 1
    end
  end
  return jobs
end
