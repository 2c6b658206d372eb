import { createHash } from "node:crypto";
import type { Retention } from "../log.ts";

/** A Lua script, and the checksum that names it in Redis. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** The settings that are written into the scripts. */
export interface ScriptOptions {
  readonly retention: Retention;
  readonly keyTtlMs: number;
  /** Milliseconds after which the subscribers of a silent gateway are no longer counted. */
  readonly subscribersTtlMs: number;
  /** Whether messages are sent by sharded pub/sub. */
  readonly sharded: boolean;
}

/** The scripts of a broker. */
export interface Scripts {
  /** Keys: meta, log, and the key of the idempotency key, if any. Arguments: a new epoch, the pub/sub channel, the messages. Returns `epoch:first:count`. */
  readonly publish: Script;
  /** Keys: meta, log. Arguments: a new epoch, `after`, `limit`, `maxBytes`. Returns epoch, top, first, the messages. */
  readonly read: Script;
  /** Keys: meta, log. Arguments: a new epoch, `count`, the topics. Returns epoch and offset. */
  readonly before: Script;
  /**
   * Keys: meta, log, subscribers of each channel. Arguments: the gateway; for each channel a new epoch, the epoch and offset that were
   * seen, and the gateway's numbers of subscribers, empty for none. Returns for each channel epoch, top and the open streams.
   */
  readonly touch: Script;
  /** Keys: subscribers. Returns the name and the numbers of subscribers of each gateway; the numbers are empty for a silent gateway. */
  readonly subscribers: Script;
}

/** Bytes that an entry occupies in Redis's memory besides its text. */
const ENTRY_OVERHEAD = 200;

/** Milliseconds that a channel's position outlives its messages. Channels in use are touched within this time. */
const META_GRACE_MS = 45_000;

/**
 * Returns the functions that all scripts share.
 *
 * `open` returns epoch, top and bytes. The epoch is bound to `master_replid`, which changes with every promotion and every restart of a server.
 * The server may then have lost acknowledged messages, so the channel begins a new epoch, and no id is used twice.
 *
 * The ids of the log's entries are `<offset>-<milliseconds>`, so that an offset finds its message and the age needs no field.
 */
function prelude({ retention }: ScriptOptions): string {
  return `
local SIZE, TTL, BYTES = ${retention.size}, ${retention.ttlMs}, ${retention.bytes}
local call = redis.call
local server = string.match(call('INFO', 'replication'), 'master_replid:(%w+)')

local function now()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function open(meta, log, candidate)
  local m = call('HMGET', meta, 'epoch', 'top', 'bytes', 'server')
  if m[1] and m[2] and m[3] and m[4] == server then
    return m[1], tonumber(m[2]), tonumber(m[3])
  end
  call('DEL', meta, log)
  call('HSET', meta, 'epoch', candidate, 'top', 0, 'bytes', 0, 'server', server)
  return candidate, 0, 0
end

local function keep(meta)
  call('PEXPIRE', meta, TTL + ${META_GRACE_MS})
end

local function cost(value)
  return #value + ${ENTRY_OVERHEAD}
end

-- Removes entries over the limits; returns how many are left, and their bytes.
local function trim(meta, log, bytes, ms)
  local left = call('XLEN', log)
  if left == 0 then return 0, 0 end
  local first = nil
  while left > 0 do
    local entry = call('XRANGE', log, first or '-', '+', 'COUNT', 1)[1]
    local offset, at = string.match(entry[1], '^(%d+)-(%d+)$')
    if left <= SIZE and bytes <= BYTES and ms - at < TTL then break end
    local value = entry[2][2]
    left = left - 1
    bytes = bytes - cost(value)
    first = string.format('%.0f', offset + 1)
    local stream = string.match(value, '^[^\\n]*\\ndatastream%-start\\n([^\\n]*)\\n')
    if stream then call('HDEL', meta, 'stream:' .. stream) end
  end
  if left == 0 then call('DEL', log)
  elseif first then call('XTRIM', log, 'MINID', first) end
  return left, bytes
end
`;
}

/** Returns the script that checks the idempotency key, appends the messages, trims the log and notifies the gateways, all or nothing. */
function publish({ keyTtlMs, sharded }: ScriptOptions): string {
  return `
local meta, log, key = KEYS[1], KEYS[2], KEYS[3]
if key then
  local known = call('GET', key)
  if known then return known end
end
local epoch, top, bytes = open(meta, log, ARGV[1])
if call('EXISTS', log) == 0 then bytes = 0 end
local ms = now()
local answer = epoch .. ':' .. string.format('%.0f', top + 1) .. ':' .. (#ARGV - 2)
for i = 3, #ARGV do
  top = top + 1
  local offset = string.format('%.0f', top)
  local value = ARGV[i] .. ',"id":"' .. epoch .. '-' .. offset .. '"}'
  call('XADD', log, offset .. '-' .. string.format('%.0f', ms), 'm', value)
  bytes = bytes + cost(value)
  local kind, stream = string.match(value, '^[^\\n]*\\ndatastream%-(%a+)\\n([^\\n]*)\\n')
  if kind == 'start' then
    call('HSET', meta, 'stream:' .. stream, offset .. '\\n' .. string.match(value, '^[^\\n]*'))
  elseif kind == 'end' then call('HDEL', meta, 'stream:' .. stream) end
  ARGV[i] = value
end
local _, left = trim(meta, log, bytes, ms)
call('HSET', meta, 'top', string.format('%.0f', top), 'bytes', string.format('%.0f', left))
keep(meta)
call('PEXPIRE', log, TTL)
if key then call('SET', key, answer, 'PX', ${keyTtlMs}) end
for i = 3, #ARGV do call('${
    sharded ? "SPUBLISH" : "PUBLISH"
  }', ARGV[2], ARGV[i]) end
return answer
`;
}

/** Reads a page. Entries are fetched 16 at a time, because the limit in bytes may be reached after a few. */
const READ = `
local meta, log = KEYS[1], KEYS[2]
local after, limit, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local epoch, top, bytes = open(meta, log, ARGV[1])
local length, left = trim(meta, log, bytes, now())
if left ~= bytes then call('HSET', meta, 'bytes', string.format('%.0f', left)) end
keep(meta)
local first = top - length + 1
local page = { epoch, string.format('%.0f', top), string.format('%.0f', first) }
local from, size = math.max(after + 1, first), 0
while from <= top and limit > 0 do
  local entries = call('XRANGE', log, string.format('%.0f', from), '+', 'COUNT', math.min(limit, 16))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    local value = entry[2][2]
    size = size + #value
    if size > maxBytes and #page > 3 then return page end
    page[#page + 1] = value
  end
  from, limit = from + #entries, limit - #entries
end
return page
`;

/** Searches the log from its top for the newest messages of some topics. */
const BEFORE = `
local meta, log, count = KEYS[1], KEYS[2], tonumber(ARGV[2])
local epoch, top, bytes = open(meta, log, ARGV[1])
local length, left = trim(meta, log, bytes, now())
if left ~= bytes then call('HSET', meta, 'bytes', string.format('%.0f', left)) end
keep(meta)
-- The whole log has no more: nothing needs to be searched.
if count >= length then return { epoch, string.format('%.0f', top - length) } end
local wanted = {}
for i = 3, #ARGV do wanted[ARGV[i]] = true end
local offset = top
while offset > top - length do
  local entries = call('XREVRANGE', log, string.format('%.0f', offset), '-', 'COUNT', 16)
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    offset = offset - 1
    if wanted[string.match(entry[2][2], '^[^\\n]*')] then
      count = count - 1
      if count == 0 then return { epoch, string.format('%.0f', offset) } end
    end
  end
end
return { epoch, string.format('%.0f', top - length) }
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
  if announced == '' then call('HDEL', subscribers, gateway)
  else
    call('HSET', subscribers, gateway, alive .. ' ' .. announced)
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
local ms, all = now(), call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if tonumber(string.match(all[i + 1], '^%d+')) <= ms then
    call('HDEL', KEYS[1], all[i])
    all[i + 1] = ''
  end
end
return all
`;

/** Creates the scripts of a broker. */
export function createScripts(options: ScriptOptions): Scripts {
  const common = prelude(options);
  // Publishing has no flag: Redis then refuses the script before it begins when memory is full, and never stops it half-way.
  const script = (text: string, flags = " flags=allow-oom"): Script => {
    const whole = `#!lua${flags}\n${common}${text}`;
    const sha = createHash("sha1").update(whole).digest("hex");
    return { text: whole, sha };
  };
  return {
    publish: script(publish(options), ""),
    read: script(READ),
    before: script(BEFORE),
    touch: script(touch(options)),
    subscribers: script(SUBSCRIBERS),
  };
}
