import { createHash } from "node:crypto";
import type { Retention } from "../log.ts";

/** A Lua script: its text, and the checksum that Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** What the scripts are made for. */
export interface ScriptOptions {
  readonly retention: Retention;
  /** Milliseconds that an idempotency key is remembered. */
  readonly keyTtlMs: number;
  /** Milliseconds after which a gateway that says nothing of its subscribers is taken for dead. */
  readonly subscribersTtlMs: number;
  /** Whether messages come by sharded pub/sub. */
  readonly sharded: boolean;
}

/** The scripts of a broker. */
export interface Scripts {
  /** Keys: meta, log, with an idempotency key its key. Arguments: a new epoch, the pub/sub channel, the messages. Answers `epoch:first:count`. */
  readonly publish: Script;
  /** Keys: meta, log. Arguments: a new epoch, `after`, `limit`, `maxBytes`. Answers epoch, top, first, the messages. */
  readonly read: Script;
  /** Keys: meta, log. Arguments: a new epoch, `count`, the topics. Answers epoch and offset. */
  readonly before: Script;
  /**
   * Keys: meta, log, subscribers of each channel. Arguments: the gateway; for each channel a new epoch, the epoch and offset that were
   * seen, and the gateway's subscribers, empty for none. Answers for each epoch, top and the open streams.
   */
  readonly touch: Script;
  /** Keys: subscribers. Answers the time in milliseconds, and what each gateway said. */
  readonly subscribers: Script;
}

/** What an entry occupies besides its text, in Redis's memory. */
const ENTRY_OVERHEAD = 200;

/** Milliseconds that a channel's position outlives its messages: what is idle is forgotten, what is in use is touched in time. */
const META_GRACE_MS = 45_000;

/**
 * Common to all.
 *
 * `open` answers epoch, top and bytes. The epoch is bound to `master_replid`: a server has another one after every promotion and every
 * restart, and may then have lost what it had acknowledged. What it has left begins a new epoch, so that no id can come twice.
 *
 * Ids of the log's entries are `<offset>-<milliseconds>`: an offset finds its message, and its age needs no field.
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

-- Drops what is over the bounds; answers how many are left, and their bytes.
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

/** Dedupes, finds the epoch, counts, appends, trims, lets expire and notifies, all or nothing. */
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

/** Messages are fetched from the log by a few: only a page's bytes are known, not how many messages that are. */
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

const BEFORE = `
local meta, log, count = KEYS[1], KEYS[2], tonumber(ARGV[2])
local epoch, top, bytes = open(meta, log, ARGV[1])
local length, left = trim(meta, log, bytes, now())
if left ~= bytes then call('HSET', meta, 'bytes', string.format('%.0f', left)) end
keep(meta)
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

/** A log that is behind what a gateway has seen lost messages: it was restored from a copy, say. */
function touch({ subscribersTtlMs }: ScriptOptions): string {
  return `
local gateway, answers = ARGV[1], {}
local alive = string.format('%.0f', now() + ${subscribersTtlMs})
for i = 1, #KEYS / 3 do
  local meta, log, subscribers = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local candidate, seen, offset, said = unpack(ARGV, 4 * i - 2, 4 * i + 1)
  local epoch, top = open(meta, log, candidate)
  if epoch == seen and top < tonumber(offset) then
    call('DEL', meta)
    epoch, top = open(meta, log, candidate)
  end
  keep(meta)
  if said == '' then call('HDEL', subscribers, gateway)
  else
    call('HSET', subscribers, gateway, alive .. ' ' .. said)
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

const SUBSCRIBERS = `
local ms, said = now(), call('HGETALL', KEYS[1])
for i = 1, #said, 2 do
  if tonumber(string.match(said[i + 1], '^%d+')) <= ms then
    call('HDEL', KEYS[1], said[i])
    said[i + 1] = ''
  end
end
return said
`;

/** Makes the scripts of a broker. */
export function createScripts(options: ScriptOptions): Scripts {
  const common = prelude(options);
  /** Without a flag, Redis refuses it before it begins when there is no memory left; otherwise it may be half done. */
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
