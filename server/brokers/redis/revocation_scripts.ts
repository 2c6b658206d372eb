import { createScript, type Script } from "./scripts.ts";

/** How many revocations one answer has at most. */
export const REVOCATIONS_PAGE = 1000;

/** Milliseconds for which an epoch is kept after the last revocation: a revocation matters for a day. */
const EPOCH_MS = 25 * 3600 * 1000;

/**
 * The functions that both scripts share.
 *
 * The revocations are a sorted set, numbered in the order in which they came. A gateway asks for what came after the number that it has
 * seen. An epoch tells whether the numbers are still those of the same set: it ends with the server's `master_replid`, or when either of
 * the keys was lost. A server that took over or restarted may lack revocations, and gateways then put back what they know.
 */
const PRELUDE = `
local kept, epochKey, candidate = KEYS[1], KEYS[2], ARGV[1]
local call = redis.call

local function top()
  return tonumber(call('ZREVRANGE', kept, 0, 0, 'WITHSCORES')[2])
end

local function open(number)
  local server = string.match(call('INFO', 'replication'), 'master_replid:(%w+)')
  local epoch, bound = string.match(call('GET', epochKey) or '', '^(%w+) (%w+)$')
  if number and bound == server then return epoch end
  call('SET', epochKey, candidate .. ' ' .. server, 'PX', ${EPOCH_MS})
  return candidate
end
`;

const REVOKE = `${PRELUDE}
local number = top()
local epoch = open(number)
number = number or 0
call('PEXPIRE', epochKey, ${EPOCH_MS})
local now = tonumber(call('TIME')[1])
for i = 2, #ARGV do
  local added = call('ZADD', kept, 'NX', string.format('%.0f', number + 1), ARGV[i])
  number = number + added
  local expires = string.match(ARGV[i], '^%d+')
  -- A new key has no expiry, which counts as the latest one for GT.
  call('EXPIREAT', kept, expires, 'NX')
  call('EXPIREAT', kept, expires, 'GT')
end
while true do
  local oldest = call('ZRANGE', kept, 0, 0)[1]
  local expires = oldest and tonumber(string.match(oldest, '^%d+'))
  if not oldest or (expires and expires > now) then break end
  call('ZREM', kept, oldest)
end
return epoch
`;

const READ = `${PRELUDE}
local number = top()
if not number then return { '' } end
local epoch = open(number)
local after = epoch == ARGV[2] and ARGV[3] or '0'
local page = call('ZRANGEBYSCORE', kept, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ${REVOCATIONS_PAGE})
table.insert(page, 1, epoch)
return page
`;

/** Keys: the revocations, their epoch. Arguments: a new epoch, the revocations, each of which begins with its expiry in Unix seconds. Returns the epoch. */
export const REVOKE_SCRIPT: Script = createScript(REVOKE);

/**
 * Keys: the revocations, their epoch. Arguments: a new epoch, the epoch and the number that were seen. Returns the epoch, which is empty
 * where nothing is kept, then the revocations after that number, or all of another epoch, each followed by its number.
 */
export const READ_REVOCATIONS_SCRIPT: Script = createScript(READ);
