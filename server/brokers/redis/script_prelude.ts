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
 * The ids of the log's entries are `<offset>-<milliseconds>`, so that an offset finds its message and the age needs no field. The offsets
 * are consecutive: an entry without a value has the place of messages that were lost. So the first id and the length tell whether another
 * program wrote to the log. `heal` then removes what it wrote, and leaves one such place, which clients see as a gap.
 */
export function prelude({ retention }: ScriptOptions): string {
  return `
local SIZE, TTL, BYTES = ${retention.size}, ${retention.ttlMs}, ${retention.bytes}
local call = redis.call
local server = string.match(call('INFO', 'replication'), 'master_replid:(%w+)')
local healed = false

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
  if string.find(answer.err, 'WRONGTYPE', 1, true) then
    healed = true
    call('DEL', key)
  end
  return call(command, key, ...)
end

local function done(result)
  if healed then return { 'healed', result } end
  return result
end

local function isCount(number)
  return number and number >= 0 and number < 2 ^ 53
end

local function open(meta, log, candidate)
  local m = on('HMGET', meta, 'epoch', 'top', 'bytes', 'server')
  local epoch, top, bytes = m[1], tonumber(m[2] or ''), tonumber(m[3] or '')
  if m[4] == server and epoch and string.find(epoch, '^%w%w%w%w%w%w%w%w$')
    and isCount(top) and isCount(bytes) then return epoch, top, bytes end
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

local function isOurs(entry, epoch, offset)
  if string.match(entry[1], '^%d+') ~= digits(offset) then return false end
  local fields = entry[2]
  if #fields ~= 2 or fields[1] ~= 'm' then return false end
  local ending = ',"id":"' .. epoch .. '-' .. digits(offset) .. '"}'
  return fields[2] == '' or string.sub(fields[2], -#ending) == ending
    and string.find(fields[2], '^[^\\n]*\\n[%l-]+\\n[^\\n]*\\n[^\\n]*\\n{') ~= nil
end

-- Writes the log again, with the gateways' entries only.
local function heal(meta, log, epoch, top)
  healed = true
  local kept, lowest, foreign, isMissing, from = {}, nil, call('XLEN', log), false, '-'
  repeat
    -- It ends at the newest message: later entries are foreign, and Redis has no range that begins after the highest id.
    local entries = call('XRANGE', log, from, digits(top), 'COUNT', 100)
    for _, entry in ipairs(entries) do
      local offset = tonumber(string.match(entry[1], '^%d+'))
      if not kept[offset] and isOurs(entry, epoch, offset) then
        kept[offset] = entry
        lowest = lowest or offset
        foreign = foreign - 1
      end
      from = '(' .. entry[1]
    end
  until #entries == 0
  call('DEL', log)
  local bytes, at, value = 0, digits(now()), nil
  local function add(offset, text)
    value = text
    bytes = bytes + cost(value)
    call('XADD', log, digits(offset) .. '-' .. at, 'm', value)
  end
  for offset = math.max(lowest or top + 1, top - SIZE + 1), top do
    local entry = kept[offset]
    if entry then at = string.match(entry[1], '%d+$') else isMissing = true end
    add(offset, entry and entry[2][2] or '')
  end
  if foreign > 0 and not isMissing and value ~= '' then
    top = top + 1
    add(top, '')
  end
  call('PEXPIRE', log, TTL)
  call('HSET', meta, 'top', digits(top), 'bytes', digits(bytes))
  return top, bytes
end

-- Returns the log's length and its oldest entry, top and bytes.
local function look(meta, log, epoch, top, bytes)
  local length = on('XLEN', log)
  if length == 0 then return 0, nil, top, 0 end
  local oldest = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  if tonumber(string.match(oldest[1], '^%d+')) ~= top - length + 1 then
    top, bytes = heal(meta, log, epoch, top)
    length = call('XLEN', log)
    oldest = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  end
  return length, oldest, top, bytes
end

-- Removes entries over the limits, and places of lost messages before which there is nothing; returns how many are left, and their bytes.
local function trim(meta, log, left, oldest, bytes, ms)
  local first = nil
  while left > 0 do
    oldest = oldest or call('XRANGE', log, first or '-', '+', 'COUNT', 1)[1]
    if not oldest then break end
    local offset, at = string.match(oldest[1], '^(%d+)-(%d+)$')
    local value = oldest[2][2]
    if value ~= '' and left <= SIZE and bytes <= BYTES and ms - at < TTL then break end
    left, bytes, oldest = left - 1, math.max(0, bytes - cost(value)), nil
    first = digits(offset + 1)
    local stream = string.match(value, '^[^\\n]*\\ndatastream%-start\\n([^\\n]*)\\n')
    if stream then call('HDEL', meta, 'stream:' .. stream) end
  end
  if left == 0 then call('DEL', log)
  elseif first then call('XTRIM', log, 'MINID', first) end
  return left, bytes
end
`;
}
