import { createScript, type Script } from "./scripts.ts";

/** Milliseconds after its last heartbeat for which a gateway is known. */
const KNOWN_MS = 30_000;

/** The functions that both scripts share. The gateways are a hash of their cards, each with the time until which it counts. */
const PRELUDE = `
local known, call = KEYS[1], redis.call
local kind = call('TYPE', known).ok
-- Another program wrote to the key.
if kind ~= 'hash' and kind ~= 'none' then call('DEL', known) end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const HEARTBEAT = `${PRELUDE}
call('HSET', known, ARGV[1], string.format('%.0f', now + ${KNOWN_MS}) .. ' ' .. ARGV[2])
call('PEXPIRE', known, ${KNOWN_MS})
return 1
`;

const KNOWN = `${PRELUDE}
local all, answer = call('HGETALL', known), {}
for i = 1, #all, 2 do
  local ends, card = string.match(all[i + 1], '^(%d+) (.*)$')
  if ends and tonumber(ends) > now then
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = card
  else call('HDEL', known, all[i]) end
end
return answer
`;

/** Keys: the gateways. Arguments: a gateway's id, its card. */
export const HEARTBEAT_SCRIPT: Script = createScript(HEARTBEAT);

/** Keys: the gateways. Returns the ids of those that are known, each followed by its card. */
export const KNOWN_SCRIPT: Script = createScript(KNOWN);
