import { createHash } from "node:crypto";
import { prelude, type ScriptOptions } from "./script_prelude.ts";

/** A Lua script, and the checksum that names it in Redis. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Runs a script on the server of a group of keys; resolves with its result. */
export type RunScript = (
  script: Script,
  group: number,
  keys: readonly string[],
  args: readonly string[],
) => Promise<unknown>;

/** The scripts of a broker. */
export interface Scripts {
  /**
   * Keys: meta, log, and the key of the idempotency key, if any. Arguments: a new epoch, the pub/sub channel, the milliseconds that the
   * idempotency key is kept, the messages. Returns `epoch:first:count`.
   */
  readonly publish: Script;
  /**
   * Keys: meta, log, and the key of the reply. Arguments: a new epoch, the pub/sub channel, the reply, the epoch and offset of the message
   * that it answers, the reply's own key, the milliseconds that the reply's key is kept. Returns `epoch:offset:1:key` of the first reply, or
   * nothing where that message doesn't exist.
   */
  readonly reply: Script;
  /**
   * Keys: meta, log. Arguments: a new epoch, `after`, `limit`, `maxBytes`, the topics; none for all of them. Returns epoch, top, first, start,
   * end, how many entries of other programs were skipped, the messages.
   */
  readonly read: Script;
  /**
   * Keys: meta, log. Arguments: a new epoch, `count`, the offset to begin at, the topics. Returns epoch, offset, and how many messages are
   * still to be found at that offset and before it; 0 where the position is found.
   */
  readonly before: Script;
  /**
   * Keys: meta, log, subscribers of each channel. Arguments: the gateway; for each channel a new epoch, the epoch and offset that were
   * seen, and the gateway's numbers of subscribers, empty for none. Returns for each channel epoch, top and the open streams.
   */
  readonly touch: Script;
  /** Keys: subscribers. Returns the name and the numbers of subscribers of each gateway; the numbers are empty for a silent gateway. */
  readonly subscribers: Script;
  /**
   * Keys: meta, log. Returns epoch, top, the log's length and bytes, and the id, topic and kind of its newest message, if it has one; nothing
   * where there is no log. Changes nothing.
   */
  readonly summarize: Script;
}

/** Returns the functions that append messages, trim the log and notify the gateways. */
function appending({ sharded }: ScriptOptions): string {
  return `
-- Returns what a key is known to have published.
local function publishedBefore(key)
  local known = on('GET', key)
  return known and string.find(known, '^%w+:%d+:%d+') and known
end

-- Returns the position after the entry of another program with the highest id. Where there is no offset after it, the channel begins anew.
local function pass(meta, log, epoch, bytes)
  local info, highest = call('XINFO', 'STREAM', log), nil
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then highest = tonumber(string.match(info[i + 1], '^%d+')) end
  end
  if isCount(highest + #ARGV) then return epoch, highest, bytes end
  return begin(meta, log, ARGV[1])
end

-- Appends some of the arguments; returns epoch:first:count.
local function append(meta, log, epoch, top, bytes, from, to)
  local ms = now()
  if on('XLEN', log) == 0 then bytes = 0 end
  local function add(i, run)
    local offset = digits(top + 1)
    local value = ARGV[i] .. ',"id":"' .. epoch .. '-' .. offset .. '"}'
    return run('XADD', log, offset .. '-' .. digits(ms), 'm', value), value, offset
  end
  for i = from, to do
    local added, value, offset = add(i, redis.pcall)
    if type(added) == 'table' then
      epoch, top, bytes = pass(meta, log, epoch, bytes)
      added, value, offset = add(i, call)
    end
    top = top + 1
    bytes = bytes + cost(value)
    local kind, stream = string.match(value, '^[^\\n]*\\ndatastream%-(%a+)\\n([^\\n]*)\\n')
    if kind == 'start' then
      call('HSET', meta, 'stream:' .. stream, offset .. '\\n' .. string.match(value, '^[^\\n]*'))
    elseif kind == 'end' then call('HDEL', meta, 'stream:' .. stream) end
    ARGV[i] = value
  end
  local _, left = trim(meta, log, epoch, call('XLEN', log), bytes, ms)
  call('HSET', meta, 'top', digits(top), 'bytes', digits(left))
  keep(meta)
  call('PEXPIRE', log, TTL)
  return epoch .. ':' .. digits(top - to + from) .. ':' .. (to - from + 1)
end

local function notify(live, from, to)
  for i = from, to do call('${
    sharded ? "SPUBLISH" : "PUBLISH"
  }', live, ARGV[i]) end
end
`;
}

/** Returns the script that checks the idempotency key, appends the messages, trims the log and notifies the gateways, all or nothing. */
function publish(options: ScriptOptions): string {
  return `${appending(options)}
local meta, log, key = KEYS[1], KEYS[2], KEYS[3]
local known = key and publishedBefore(key)
if known then return known end
local epoch, top, bytes = open(meta, log, ARGV[1])
local answer = append(meta, log, epoch, top, bytes, 4, #ARGV)
if key then call('SET', key, answer, 'PX', ARGV[3]) end
notify(ARGV[2], 4, #ARGV)
return answer
`;
}

/** Returns the script that publishes a reply unless there is one. */
function reply(options: ScriptOptions): string {
  return `${appending(options)}
local meta, log, key = KEYS[1], KEYS[2], KEYS[3]
local known = publishedBefore(key)
if known then return known end
local epoch, top, bytes = open(meta, log, ARGV[1])
if epoch == ARGV[4] and tonumber(ARGV[5]) > top then return '' end
local answer = append(meta, log, epoch, top, bytes, 3, 3) .. ':' .. ARGV[6]
call('SET', key, answer, 'PX', ARGV[7])
notify(ARGV[2], 3, 3)
return answer
`;
}

/** Opens the log, trims it, and stores its bytes if that changed them. */
const OPEN_TRIMMED = `
local meta, log = KEYS[1], KEYS[2]
local epoch, top, bytes = open(meta, log, ARGV[1])
local length, left, oldest = trim(meta, log, epoch, on('XLEN', log), bytes, now())
if left ~= bytes then call('HSET', meta, 'bytes', digits(left)) end
keep(meta)
`;

/**
 * How much of a log a script examines at most. It takes about 1 ms, for which Redis serves nobody else: 2.4 ms for 1 MiB, 3 ms for 1,000
 * short messages, also where none of them is wanted.
 */
const EXAMINED = { entries: 500, bytes: 512 * 1024 } as const;

/** Functions to examine a log. Redis copies every value that it is asked for, so large ones are fetched one by one. */
const EXAMINE = `${OPEN_TRIMMED}
local first = math.min(oldest or top + 1, top + 1)
local chunk = math.max(1, math.min(64, math.floor(65536 * length / math.max(1, left))))
local examined, seen = 0, 0

-- Counts a value; returns whether that was enough.
local function isEnough(value)
  examined, seen = examined + 1, seen + #value
  return examined >= ${EXAMINED.entries} or seen >= ${EXAMINED.bytes}
end

local function wantedFrom(i)
  if i > #ARGV then return nil end
  local wanted = {}
  for j = i, #ARGV do wanted[ARGV[j]] = true end
  return wanted
end

local function isOf(wanted, value)
  return not wanted or wanted[string.match(value, '^[^\\n]*')]
end
`;

/** Reads a page, which ends before messages that were lost. */
const READ = `${EXAMINE}
local after, limit, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local wanted = wantedFrom(5)
local messages, size, skipped, start = {}, 0, 0, nil
local offset = math.min(math.max(after + 1, first), top + 1)

local function page()
  return { epoch, digits(top), digits(first), digits(start or offset), digits(offset - 1), skipped, unpack(messages) }
end

local from = digits(offset)
while offset <= top do
  local entries = call('XRANGE', log, from, digits(top), 'COUNT', wanted and chunk or math.min(limit, chunk))
  for _, entry in ipairs(entries) do
    from = '(' .. entry[1]
    if not isOurs(entry, epoch) then skipped = skipped + 1
    else
      local at, value = offsetOf(entry), entry[2][2]
      if start and at > offset then return page() end
      start, offset = start or at, at
      if isOf(wanted, value) then
        size = size + #value
        if size > maxBytes and #messages > 0 then return page() end
        messages[#messages + 1] = value
      end
      offset = offset + 1
      if isEnough(value) or #messages >= limit then return page() end
    end
  end
  if #entries == 0 then
    -- The newest messages were lost.
    if start then return page() end
    offset = top + 1
  end
end
return page()
`;

/** Searches the log from an offset, or from its top, for the newest messages of some topics. */
const BEFORE = `${EXAMINE}
local count, offset = tonumber(ARGV[2]), math.min(top, tonumber(ARGV[3]) or top)
local wanted = wantedFrom(4)
-- The whole log has no more: nothing needs to be searched.
if count >= length then offset = first - 1 end
local from = digits(offset)
while offset >= first do
  local entries = call('XREVRANGE', log, from, '-', 'COUNT', chunk)
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    from = '(' .. entry[1]
    offset = offsetOf(entry) - 1
    local value = entry[2][2]
    if isOurs(entry, epoch) and isOf(wanted, value) then count = count - 1 end
    if count == 0 then return { epoch, digits(offset), 0 } end
    if isEnough(value) and offset >= first then return { epoch, digits(offset), count } end
  end
end
return { epoch, digits(first - 1), 0 }
`;

/**
 * Returns the script that stores numbers of subscribers and returns positions. A log that is behind the position that a gateway has seen
 * lost messages, for example when it was restored from a copy, and begins a new epoch.
 */
function touch({ subscribersTtlMs }: ScriptOptions): string {
  return `
local gateway, answers = ARGV[1], {}
local alive = string.format('%.0f', now() + ${subscribersTtlMs})
for i = 1, #KEYS / 3 do
  local meta, log, subscribers = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local candidate, seen, offset, announced = unpack(ARGV, 4 * i - 2, 4 * i + 1)
  local epoch, top = open(meta, log, candidate)
  if epoch == seen and top < tonumber(offset) then
    call('DEL', meta)
    epoch, top = open(meta, log, candidate)
  end
  keep(meta)
  if announced == '' then on('HDEL', subscribers, gateway)
  else
    on('HSET', subscribers, gateway, alive .. ' ' .. announced)
    call('PEXPIRE', subscribers, ${subscribersTtlMs})
  end
  local streams = {}
  if call('HLEN', meta) > 4 then
    local fields = call('HGETALL', meta)
    for j = 1, #fields, 2 do
      if string.sub(fields[j], 1, 7) == 'stream:' then
        streams[#streams + 1] = string.sub(fields[j], 8) .. '\\n' .. fields[j + 1]
      end
    end
  end
  answers[i] = { epoch, string.format('%.0f', top), streams }
end
return answers
`;
}

/** Returns the numbers of subscribers by gateway, and removes those of silent gateways. */
const SUBSCRIBERS = `
local ms, all = now(), on('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if (tonumber(string.match(all[i + 1], '^%d+')) or 0) <= ms then
    call('HDEL', KEYS[1], all[i])
    all[i + 1] = ''
  end
end
return all
`;

/** Looks at a log without opening it. The id of an entry has its time. */
const SUMMARIZE = `
local meta, log = KEYS[1], KEYS[2]
if call('TYPE', meta).ok ~= 'hash' then return {} end
local m = call('HMGET', meta, 'epoch', 'top', 'bytes')
if not m[1] then return {} end
if call('TYPE', log).ok ~= 'stream' then return { m[1], m[2], 0, 0 } end
local answer = { m[1], m[2], call('XLEN', log), m[3] }
local newest = call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if newest then
  local topic, kind = string.match(newest[2][2] or '', '^([^\\n]*)\\n([^\\n]*)')
  if topic then
    answer[5], answer[6], answer[7] = newest[1], topic, kind
  end
end
return answer
`;

/**
 * Creates a script of Lua code. Only publishing has no flag: Redis then refuses the script before it begins when memory is full, and never
 * stops it half-way.
 */
export function createScript(lua: string, flags = " flags=allow-oom"): Script {
  const text = `#!lua${flags}\n${lua}`;
  const sha = createHash("sha1").update(text).digest("hex");
  return { text, sha };
}

/** Creates the scripts of a broker. */
export function createScripts(options: ScriptOptions): Scripts {
  const common = prelude(options);
  const script = (text: string, flags?: string): Script =>
    createScript(common + text, flags);
  return {
    publish: script(publish(options), ""),
    reply: script(reply(options), ""),
    read: script(READ),
    before: script(BEFORE),
    touch: script(touch(options)),
    subscribers: script(SUBSCRIBERS),
    summarize: script(SUMMARIZE),
  };
}
