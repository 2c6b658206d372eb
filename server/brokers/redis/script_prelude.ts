import type { Retention } from "../log.ts";

/** The settings that are written into the scripts. */
export interface ScriptOptions {
  readonly retention: Retention;
  /** Milliseconds after which the subscribers of a silent gateway are no longer counted. */
  readonly subscribersTtlMs: number;
  /** Whether messages are sent by sharded pub/sub. */
  readonly sharded: boolean;
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
 * The ids of the log's entries are `<offset>-<milliseconds>`, so that an offset finds its message and the age needs no field. Entries of
 * other programs stay where they are until they are the oldest. They count as entries of the log, and reads skip them.
 */
export function prelude({ retention }: ScriptOptions): string {
  return `
local SIZE, TTL, BYTES = ${retention.size}, ${retention.ttlMs}, ${retention.bytes}
local call = redis.call
local server = string.match(call('INFO', 'replication'), 'master_replid:(%w+)')

local function digits(number)
  return string.format('%.0f', number)
end

local function now()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Runs a command; removes the key first if it has a type that no gateway gave it.
local function on(command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  if string.find(answer.err, 'WRONGTYPE', 1, true) then call('DEL', key) end
  return call(command, key, ...)
end

local function isCount(number)
  return number and number >= 0 and number < 2 ^ 53
end

local function begin(meta, log, epoch)
  call('DEL', meta, log)
  call('HSET', meta, 'epoch', epoch, 'top', 0, 'bytes', 0, 'server', server)
  return epoch, 0, 0
end

local function open(meta, log, candidate)
  local m = on('HMGET', meta, 'epoch', 'top', 'bytes', 'server')
  local epoch, top, bytes = m[1], tonumber(m[2] or ''), tonumber(m[3] or '')
  if m[4] == server and epoch and string.find(epoch, '^%w%w%w%w%w%w%w%w$')
    and isCount(top) and isCount(bytes) then return epoch, top, bytes end
  return begin(meta, log, candidate)
end

local function keep(meta)
  call('PEXPIRE', meta, TTL + ${META_GRACE_MS})
end

local function cost(value)
  return #value + ${ENTRY_OVERHEAD}
end

local function offsetOf(entry)
  return tonumber(string.match(entry[1], '^%d+'))
end

-- Tells whether a gateway wrote an entry: its text ends with the id that its place in the log gives.
local function isOurs(entry, epoch)
  local ending = ',"id":"' .. epoch .. '-' .. string.match(entry[1], '^%d+') .. '"}'
  local fields = entry[2]
  return #fields == 2 and fields[1] == 'm' and string.sub(fields[2], -#ending) == ending
end

-- Removes entries over the limits; returns how many are left, their bytes, and the offset of the oldest one.
local function trim(meta, log, epoch, left, bytes, ms)
  local first = nil
  while left > 0 do
    local oldest = call('XRANGE', log, first or '-', '+', 'COUNT', 1)[1]
    if not oldest then break end
    local offset, at = string.match(oldest[1], '^(%d+)-(%d+)$')
    if left <= SIZE and bytes <= BYTES and ms - at < TTL then
      if first then call('XTRIM', log, 'MINID', first) end
      return left, bytes, tonumber(offset)
    end
    left, first = left - 1, digits(offset + 1)
    if isOurs(oldest, epoch) then
      local value = oldest[2][2]
      bytes = math.max(0, bytes - cost(value))
      local stream = string.match(value, '^[^\\n]*\\ndatastream%-start\\n([^\\n]*)\\n')
      if stream then call('HDEL', meta, 'stream:' .. stream) end
    end
  end
  call('DEL', log)
  return 0, 0, nil
end
`;
}
